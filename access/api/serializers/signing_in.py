"""What signing in takes and answers (ICTCore 1.4)."""

from typing import Any

from rest_framework import serializers

from access.api.fields import Text
from access.api.serializers.users import UserSerializer
from access.models import User
from access.services import Tokens


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


class SignOutSerializer(serializers.Serializer):
    refresh_token = Text(required=False, allow_blank=True)


class TokensSerializer(serializers.Serializer):
    """Tokens; `token` and `access_token` are the same."""

    token = serializers.CharField()
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")
    token_type = serializers.CharField()
    scope = serializers.CharField()


class SignedInSerializer(TokensSerializer, UserSerializer):
    """The user, and tokens."""

    class Meta(UserSerializer.Meta):
        fields = [*UserSerializer.Meta.fields, *TokensSerializer().fields]


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
    [user] = UserSerializer.read(User.objects.filter(pk=tokens.user.pk))
    return user | token_fields(tokens)
