"""Addresses below /lead/."""

from django.urls import path

from leads.api.views import AddView, CancelView

urlpatterns = [
    path("add", AddView.as_view(), name="lead-add"),
    path("cancel", CancelView.as_view(), name="lead-cancel"),
]
