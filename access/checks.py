"""Settings that must go together, checked at every start."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import get_hashers
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def rotation_needs_the_blacklist(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Without the blacklist app simplejwt swallows the error, and every rotated refresh token stays valid."""
    if not settings.SIMPLE_JWT.get("ROTATE_REFRESH_TOKENS"):
        return []
    blacklists = settings.SIMPLE_JWT.get("BLACKLIST_AFTER_ROTATION")
    if blacklists and apps.is_installed("rest_framework_simplejwt.token_blacklist"):
        return []
    return [
        Error(
            "Refresh tokens are rotated but the old ones are not blacklisted.",
            hint="Add rest_framework_simplejwt.token_blacklist to INSTALLED_APPS and set BLACKLIST_AFTER_ROTATION.",
            id="access.E001",
        )
    ]


@register(Tags.security)
def argon2_comes_first(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """New passwords are hashed by the first hasher."""
    if get_hashers()[0].algorithm == "argon2":
        return []
    return [
        Error(
            "Passwords are not hashed with Argon2id.",
            hint="Put access.hashers.Argon2idPasswordHasher first in PASSWORD_HASHERS.",
            id="access.E002",
        )
    ]
