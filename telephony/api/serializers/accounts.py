"""Accounts on the wire, also as extensions and as a phone's set-up (ICTCore 1.10, 2.2, 8.2)."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import Value
from django.db.models.functions import Coalesce, NullIf
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from access.api.fields import Derived, Flag, RowId, Text, WholeNumber
from access.api.rows import STAMPS, Row, RowSerializer
from access.refusals import NotStored
from telephony.api import examples
from telephony.models import Account
from telephony.services.extensions import DEFAULTS, uuid_of

DEFAULT_ID, COMPANY_ID, ANONYMOUS_ID = -1, -2, -3
ANONYMOUS = {"username": "anonymous", "phone": "0000000000"}
VOICEMAIL = "*78"


class AccountSerializer(RowSerializer):
    """The house's side of a transmission: who calls, from which number or address."""

    account_id = RowId()
    username = Text(required=False, allow_blank=True, max_length=64, help_text="Once a type; by default the phone.")
    settings = serializers.JSONField(required=False, help_text="An object; a change is merged into it key by key.")
    active = Flag(required=False)

    class Meta:
        model = Account
        example = examples.ACCOUNT
        fields = [
            *("account_id", "type", "username", "passwd", "passwd_pin", "first_name", "last_name"),
            *("phone", "email", "address", "settings", "active", *STAMPS),
        ]
        extra_kwargs = {name: {"write_only": True, "trim_whitespace": False} for name in ("passwd", "passwd_pin")}
        validators: list[Any] = []  # the service says which name is taken


def house_account(pk: int) -> Row | None:
    """The account that stands for the company or for nobody; None for any other id."""
    known = {COMPANY_ID: {"username": "company", "first_name": settings.COMPANY["name"]}, ANONYMOUS_ID: ANONYMOUS}
    if pk not in known:
        return None
    ours = {name: settings.COMPANY[name] for name in ("email", "phone", "address")} if pk == COMPANY_ID else {}
    blank = dict.fromkeys(("username", "first_name", "last_name", "phone", "email", "address"), "")
    fixed = {"type": Account.Type.ACCOUNT.value, "settings": {}, "active": 1}
    return {"account_id": pk, **fixed, **blank, **ours, **known[pk], **dict.fromkeys(STAMPS)}


def new_account_fields(account: Account) -> Row:
    """The answer to making an account: the one place besides the provisioning that shows its secrets."""
    return {"account_id": account.pk, "passwd": account.passwd, "passwd_pin": account.passwd_pin}


def provisioning_fields(account: Account, row: Row) -> Row:
    """What a telephone needs to sign in as the account."""
    return {
        "username": account.username,
        "password": account.passwd,
        "callerid": account.phone,
        "host": settings.PROVISIONING["host"],
        "port": settings.PROVISIONING["port"],
        "wss": settings.PROVISIONING["wss"],
        "dialplan": {"agent_login": f"*{account.phone}", "voicemail": VOICEMAIL},
        "account": row,
    }


class ProvisioningSerializer(serializers.Serializer):
    """What a telephone needs to sign in as an account."""

    class Codes(serializers.Serializer):
        agent_login = serializers.CharField()
        voicemail = serializers.CharField()

        class Meta:
            ref_name = "DialplanCodes"

    username = serializers.CharField()
    password = serializers.CharField()
    callerid = serializers.CharField()
    host = serializers.CharField()
    port = serializers.IntegerField()
    wss = serializers.IntegerField()
    dialplan = Codes()
    account = AccountSerializer()


def value_in(body: Any, name: str) -> Any:
    """The value that a body gives a setting: under `value` or `data`, in an account's `settings`, or the bare body.

    Raises NotStored where it gives none (ICTCore 1.10).
    """
    value = body
    if isinstance(body, Mapping):
        own = body.get("settings")
        places = (body.get("value"), body.get("data"), own.get(name) if isinstance(own, Mapping) else None)
        value = next((each for each in places if each is not None), None)
    if value is None:
        raise NotStored("Setting update failed: the body gives no value", field="value")
    return value


@extend_schema_field({"type": "string", "enum": ["true", "false"]})
class TrueOrFalse(serializers.BooleanField):
    """Yes or no, written as the text `true` or `false`."""

    @staticmethod
    def wire(value: bool) -> str:
        return str(value).lower()


class Kept(Text):
    """A detail of an extension that is kept among its account's settings."""

    path = "settings"

    def wire(self, settings: dict[str, Any]) -> Any:
        return settings.get(str(self.field_name), DEFAULTS.get(str(self.field_name), ""))


class KeptNumber(WholeNumber):
    """A number that is kept so."""

    path = Kept.path
    wire = Kept.wire


class Digits(Text):
    """The number of an extension: its phone, or else its name."""

    path = Coalesce(NullIf("phone", Value("")), "username")


class ExtensionSerializer(RowSerializer):
    """An extension as the clients of the Successor know one; it is an account of that type."""

    extension_uuid = Derived(lambda pk: str(uuid_of(pk)), source="pk")
    account_id = RowId()
    extension = Digits(help_text="2 to 6 digits.")
    password = Text(
        required=False, allow_blank=True, source="passwd", help_text="By default a random one. Always empty when read."
    )
    display_name = Text(required=False, allow_blank=True, write_only=True, help_text="As effective_caller_id_name.")
    effective_caller_id_name = Text(required=False, allow_blank=True)
    effective_caller_id_number = Kept(required=False, allow_blank=True, max_length=32)
    outbound_caller_id_name = Kept(required=False, allow_blank=True, max_length=128)
    outbound_caller_id_number = Kept(required=False, allow_blank=True, max_length=32)
    directory_first_name = Text(required=False, allow_blank=True, source="first_name")
    directory_last_name = Text(required=False, allow_blank=True, source="last_name")
    call_timeout = KeptNumber(required=False, min_value=1, max_value=3600, help_text="Seconds; by default 30.")
    enabled = TrueOrFalse(required=False, source="active", help_text="By default true.")
    description = Kept(required=False, allow_blank=True, max_length=255)
    assigned_account_id = RowId(help_text="The same as account_id.")
    linked_user_id = WholeNumber(source="owner_id", read_only=True, allow_null=True)
    extension_type = serializers.CharField(source="type", read_only=True)

    class Meta:
        model = Account
        example = examples.EXTENSION
        fields = [
            *("extension_uuid", "account_id", "extension", "password", "display_name", "effective_caller_id_name"),
            *("effective_caller_id_number", "outbound_caller_id_name", "outbound_caller_id_number"),
            *("directory_first_name", "directory_last_name", "call_timeout", "enabled", "description"),
            *("assigned_account_id", "linked_user_id", "extension_type", *STAMPS),
        ]
        completed = ["password", "effective_caller_id_name"]

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """The name that the other side reads may come under two names."""
        name = given.pop("effective_caller_id_name", "")
        return {**given, "display_name": name or given.get("display_name", "")}

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        for row in rows:
            row["password"] = ""
            row["effective_caller_id_name"] = f"{row['directory_first_name']} {row['directory_last_name']}".strip()
            row["effective_caller_id_number"] = row["effective_caller_id_number"] or row["extension"]
        return rows
