"""Addresses of coaching: the RPC API, with and without its last slash so that no redirect loses a body (1.1)."""

from django.urls import path

from coaching.portal import views
from coaching.rpc.pages import docs, schema_view
from coaching.rpc.views import rpc

urlpatterns = [
    path("API/", rpc),
    path("API", rpc),
    path("coaching/docs", docs, name="coaching-docs"),
    path("coaching/schema", schema_view, name="coaching-schema"),
    path("portal/enter/<str:token>", views.enter),
    path("portal/invoice/<str:token>", views.show_invoice),
    path("portal/offerings/<slug:slug>", views.show_offering),
    path("portal/offerings/<slug:slug>/frame", views.framed_offering),
    path("portal/offerings/<slug:slug>/embed.js", views.embed, {"kind": "offerings"}),
    path("portal/collections/<slug:slug>", views.show_collection),
    path("portal/collections/<slug:slug>/frame", views.framed_collection),
    path("portal/collections/<slug:slug>/embed.js", views.embed, {"kind": "collections"}),
]
