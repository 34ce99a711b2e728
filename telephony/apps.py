"""Everything that is sent or dialled."""

from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "telephony"
    verbose_name = "Telephony"

    def ready(self) -> None:
        from access.signals import user_saved
        from telephony.services.accounts import follow_user

        user_saved.connect(follow_user, dispatch_uid="telephony.accounts")
