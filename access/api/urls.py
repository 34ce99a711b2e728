"""Addresses below /api/ that concern signing in."""

from django.urls import path

from access.api import views

urlpatterns = [
    path("authenticate", views.SignInView.as_view(), name="authenticate"),
    path("authenticate/refresh", views.RefreshView.as_view(), name="authenticate-refresh"),
    path("authenticate/cancel", views.CancelView.as_view(), name="authenticate-cancel"),
]
