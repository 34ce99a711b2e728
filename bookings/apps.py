"""Coach-hire bookings: what partners search, tag and ring about."""

from django.apps import AppConfig


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = "Bookings"

    def ready(self) -> None:
        from bookings.services.answers import record_finishes
        from telephony.engine.settle import transmissions_finished

        transmissions_finished.connect(record_finishes, dispatch_uid="bookings.answers")
