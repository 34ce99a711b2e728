"""Users on the wire (ICTCore 2.2). No reply holds anything of a password."""

from typing import Any

from django.conf import settings
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db.models import Min
from rest_framework import serializers

from access.api import examples
from access.api.fields import Epoch, Flag, RowId, Text, WholeNumber
from access.api.rows import Row, RowSerializer
from access.models import User
from access.zones import validate_time_zone

GUEST_ID = -1


def password(words: str, **options: Any) -> Text:
    """A password on its way in."""
    return Text(write_only=True, trim_whitespace=False, max_length=1024, help_text=words, **options)


class UserSerializer(RowSerializer):
    """Somebody who may sign in."""

    user_id = RowId()
    role_id = WholeNumber(read_only=True, allow_null=True, help_text="The first of the user's roles.")
    passwd = password("In plain text, never answered; empty is as not given.", required=False, allow_blank=True)
    password = password("The same as `passwd`.", required=False, allow_blank=True)
    timezone = Text(
        source="time_zone",
        required=False,
        max_length=64,
        validators=[validate_time_zone],
        help_text="IANA name, such as Europe/London.",
    )
    active = Flag(source="is_active", default=0, help_text="1 for one who may sign in.")
    date_created = Epoch(source="date_joined")
    created_by = WholeNumber(source="created_by_id", read_only=True, allow_null=True)

    class Meta:
        model = User
        example = examples.USER
        completed = ["role_id"]
        fields = [
            *("user_id", "role_id", "username", "passwd", "password", "first_name", "last_name", "phone", "email"),
            *("address", "company", "country", "timezone", "time_zone"),
            *("country_id", "language_id", "timezone_id", "active"),
            *("date_created", "created_by", "last_updated", "updated_by"),
        ]
        extra_kwargs = {
            # whether it is taken is for the service to say, which knows whose it is
            "username": {"validators": [UnicodeUsernameValidator()], "help_text": "Cannot be changed."},
            "time_zone": {"write_only": True, "required": False, "help_text": "The same as `timezone`."},
        }

    def validate(self, given: Row) -> Row:
        """One password of the two names that it has."""
        passwd, password = given.pop("passwd", ""), given.pop("password", "")
        return given | ({"password": password or passwd} if password or passwd else {})

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        held = User.roles.through.objects.filter(user_id__in=[row["user_id"] for row in rows])
        first = dict(held.values("user_id").annotate(first=Min("role_id")).values_list("user_id", "first"))
        for row in rows:
            row["role_id"] = first.get(row["user_id"])
        return rows


def guest(pk: int) -> Row | None:
    """The user that stands for whoever has not signed in, made of the configuration; None for any other id."""
    if pk != GUEST_ID:
        return None
    house = {"company": settings.COMPANY["name"], "country": settings.DEFAULT_REGION, "timezone": settings.TIME_ZONE}
    house |= {name: settings.COMPANY[name] for name in ("email", "phone", "address")}
    blank = {"last_name": "", "language_id": ""}
    unknown = ("role_id", "country_id", "timezone_id", "date_created", "created_by", "last_updated", "updated_by")
    known = {"user_id": pk, "username": "guest", "first_name": "Guest", "active": 0}
    return {**known, **house, **blank, **dict.fromkeys(unknown)}


class NewPasswordSerializer(serializers.Serializer):
    """A password to come."""

    password = password("In plain text.")
