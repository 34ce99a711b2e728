"""Leads: people whom partners ask us to ring, now or later."""

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = "Leads"

    def ready(self) -> None:
        from leads.api import schemes  # noqa: F401  registers itself
        from leads.services.news import tell_claimed
        from leads.services.outcomes import record_finishes
        from telephony.engine.claim import transmissions_claimed
        from telephony.engine.settle import transmissions_finished

        transmissions_finished.connect(record_finishes, dispatch_uid="leads.outcomes")
        transmissions_claimed.connect(tell_claimed, dispatch_uid="leads.news")
