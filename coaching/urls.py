"""Addresses of coaching: the portal; the RPC API with and without its last slash, so no redirect loses a body (1.1)."""

from django.urls import include, path
from django.views.generic import RedirectView

from coaching.rpc.pages import docs, schema_view
from coaching.rpc.views import rpc

urlpatterns = [
    path("API/", rpc),
    path("API", rpc),
    path("coaching/docs", docs, name="coaching-docs"),
    path("coaching/schema", schema_view, name="coaching-schema"),
    path("portal", RedirectView.as_view(pattern_name="portal-home")),
    path("portal/", include("coaching.portal.urls")),
]
