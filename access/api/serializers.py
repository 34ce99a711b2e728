"""What signing in takes and answers (ICTCore 1.4)."""

from typing import Any

from rest_framework import serializers

from access.models import User
from access.services import Tokens


class ErrorSerializer(serializers.Serializer):
    """The shape of every error."""

    class Facts(serializers.Serializer):
        code = serializers.IntegerField(help_text="The HTTP status.")
        message = serializers.CharField()

        class Meta:
            ref_name = "ErrorFacts"

    error = Facts()


class CredentialsSerializer(serializers.Serializer):
    """Who, in one of three fields, and the password. Any of the three may hold any of the three."""

    email = serializers.CharField(required=False, allow_blank=True)
    username = serializers.CharField(required=False, allow_blank=True)
    user_id = serializers.CharField(required=False, allow_blank=True)
    password = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, write_only=True)

    def validate(self, given: dict[str, str]) -> dict[str, str]:
        login = next((given[name] for name in ("email", "username", "user_id") if given.get(name)), "")
        return {"login": login, "password": given.get("password", "")}


class RefreshSerializer(serializers.Serializer):
    refresh_token = serializers.CharField()


class TokensSerializer(serializers.Serializer):
    """Tokens; `token` and `access_token` are the same."""

    token = serializers.CharField()
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")
    token_type = serializers.CharField()
    scope = serializers.CharField()


class SignedInSerializer(TokensSerializer):
    """The user, and tokens."""

    user_id = serializers.IntegerField()
    username = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    phone = serializers.CharField()
    email = serializers.CharField()
    address = serializers.CharField()
    company = serializers.CharField()
    country = serializers.CharField()
    timezone = serializers.CharField()
    active = serializers.IntegerField()


def user_fields(user: User) -> dict[str, Any]:
    """A user as the contract shows one (ICTCore 2.2); never anything of the password."""
    return {
        "user_id": user.pk,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone": user.phone,
        "email": user.email,
        "address": user.address,
        "company": user.company,
        "country": user.country,
        "timezone": user.time_zone,
        "active": int(user.is_active),
    }


def token_fields(tokens: Tokens) -> dict[str, Any]:
    return {
        "token": tokens.access,
        "access_token": tokens.access,
        "refresh_token": tokens.refresh,
        "expires_in": tokens.expires_in,
        "token_type": "Bearer",
        "scope": "All",
    }


def signed_in_fields(tokens: Tokens) -> dict[str, Any]:
    return user_fields(tokens.user) | token_fields(tokens)
