"""Coach-hire bookings: what partners search, tag and ring about."""

from django.apps import AppConfig


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = "Bookings"
