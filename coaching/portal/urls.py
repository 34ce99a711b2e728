"""Addresses below /portal/: the door, what the public may see, the pages of clients and of coaches."""

from django.urls import path

from coaching.portal import client, door, public

urlpatterns = [
    path("sign-in", door.sign_in, name="portal-sign-in"),
    path("sign-out", door.sign_out, name="portal-sign-out"),
    path("enter/<str:token>", door.enter),
    path("invoice/<str:token>", public.show_invoice),
    path("offerings/<slug:slug>", public.show_offering),
    path("offerings/<slug:slug>/frame", public.framed_offering),
    path("offerings/<slug:slug>/embed.js", public.embed, {"kind": "offerings"}),
    path("collections/<slug:slug>", public.show_collection),
    path("collections/<slug:slug>/frame", public.framed_collection),
    path("collections/<slug:slug>/embed.js", public.embed, {"kind": "collections"}),
    path("", client.home, name="portal-home"),
    path("actions", client.action_list, name="portal-actions"),
    path("actions/<int:pk>", client.action, name="portal-action"),
    path("metrics", client.metric_list, name="portal-metrics"),
    path("metrics/<int:pk>", client.metric, name="portal-metric"),
    path("worksheets", client.worksheet_list, name="portal-worksheets"),
    path("worksheets/<int:pk>", client.worksheet, name="portal-worksheet"),
    path("appointments", client.appointment_list, name="portal-appointments"),
    path("notes", client.session_list, name="portal-notes"),
    path("files", client.file_list, name="portal-files"),
    path("files/<int:pk>", client.file, name="portal-file"),
    path("agreements", client.agreement_list, name="portal-agreements"),
    path("agreements/<int:pk>", client.agreement, name="portal-agreement"),
    path("invoices", client.invoice_list, name="portal-invoices"),
    path("courses", client.course_list, name="portal-courses"),
    path("journal", client.journal_page, name="portal-journal"),
    path("details", client.details, name="portal-details"),
    path("<path:anything>", door.missing),
]
