"""Everything that is sent or dialled."""

from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "telephony"
    verbose_name = "Telephony"

    def ready(self) -> None:
        from access.signals import user_saved
        from telephony.engine.settle import finishes_recorded, transmissions_finished
        from telephony.services.accounts import follow_user
        from telephony.services.do_not_call import heed_finishes
        from telephony.services.fax_mails import follow_finishes
        from telephony.services.webhook_events import tell_finishes

        user_saved.connect(follow_user, dispatch_uid="telephony.accounts")
        transmissions_finished.connect(heed_finishes, dispatch_uid="telephony.do_not_call")
        finishes_recorded.connect(tell_finishes, dispatch_uid="telephony.webhooks")
        transmissions_finished.connect(follow_finishes, dispatch_uid="telephony.fax_mails")
