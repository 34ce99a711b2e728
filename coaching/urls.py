"""Addresses of coaching: the RPC API, with and without its last slash so that no redirect loses a body (1.1)."""

from django.urls import path

from coaching.portal.views import enter, show_invoice
from coaching.rpc.views import rpc

urlpatterns = [
    path("API/", rpc),
    path("API", rpc),
    path("portal/enter/<str:token>", enter),
    path("portal/invoice/<str:token>", show_invoice),
]
