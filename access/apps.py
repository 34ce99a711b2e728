"""Who may call: users, roles, permissions, API keys, limits on signing in."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "access"
    verbose_name = "Access"

    def ready(self) -> None:
        from access import checks  # noqa: F401  registers itself
        from access.api import schemes  # noqa: F401  registers itself
