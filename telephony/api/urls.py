"""Addresses of the telephony contract."""

urlpatterns: list = []
