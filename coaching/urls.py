"""Addresses of coaching: the RPC API, with and without its last slash so that no redirect loses a body (1.1)."""

from django.urls import path

from coaching.portal.views import enter, show_invoice
from coaching.rpc.pages import docs, schema_view
from coaching.rpc.views import rpc

urlpatterns = [
    path("API/", rpc),
    path("API", rpc),
    path("coaching/docs", docs, name="coaching-docs"),
    path("coaching/schema", schema_view, name="coaching-schema"),
    path("portal/enter/<str:token>", enter),
    path("portal/invoice/<str:token>", show_invoice),
]
