"""Transmissions, their attempts and results on the wire (ICTCore 2.5, 3.1, 3.2)."""

from rest_framework import serializers

from access.api.fields import Derived, Epoch, Reference, RowId, Text, WholeNumber
from access.api.rows import STAMPS, Row, RowSerializer
from telephony.api import examples
from telephony.api.fields import OwnAccount
from telephony.models import Account, Contact, Program, Result, Spool, Transmission

# What callers see of a state; what is not named here they see as it is.
TRANSMISSION_STATUS = {"pending_retry": "pending"}
SPOOL_STATUS = {"queued": "initiated", "started": "initiated", "connected": "initiated", "invalid": "failed"}


def transmission_status(status: str) -> str:
    """One of the Guide's five words."""
    return TRANSMISSION_STATUS.get(status, status)


def spool_status(status: str) -> str:
    """One of the Guide's three words."""
    return SPOOL_STATUS.get(status, status)


class ShortAccountSerializer(serializers.ModelSerializer):
    """The account of a transmission."""

    account_id = RowId()

    class Meta:
        model = Account
        fields = ["account_id", "username", "first_name", "last_name", "phone", "email"]


class ShortContactSerializer(serializers.ModelSerializer):
    """The contact of a transmission."""

    contact_id = RowId()

    class Meta:
        model = Contact
        fields = ["contact_id", "first_name", "last_name", "phone", "email"]


class TransmissionSerializer(RowSerializer):
    """Something that must happen: a program run once for a contact."""

    transmission_id = RowId()
    program_id = Reference(Program, source="program")
    contact_id = Reference(Contact, source="contact", required=False)
    account_id = OwnAccount(source="account", required=False, allow_null=True)
    service_flag = WholeNumber(required=False, allow_null=True, help_text="Follows from the program.")
    campaign_id = WholeNumber(required=False, allow_null=True, help_text="Set where a campaign made it.")
    status = Derived(transmission_status, help_text="pending, processing, completed, failed or invalid.")
    last_run = Epoch(source="last_run_at", allow_null=True)
    is_deleted = WholeNumber(read_only=True, help_text="Always 0: what was deleted is not found.")
    username = serializers.CharField(source="owner.username", read_only=True)
    contact_phone = serializers.CharField(source="contact.phone", read_only=True)
    contact_email = serializers.CharField(source="contact.email", read_only=True)
    account_phone = serializers.CharField(source="account.phone", read_only=True, allow_null=True)
    account_email = serializers.CharField(source="account.email", read_only=True, allow_null=True)
    account = ShortAccountSerializer(read_only=True, allow_null=True)
    contact = ShortContactSerializer(read_only=True)
    phone = Text(required=False, write_only=True, help_text="In place of contact_id: a contact is made.")
    email = Text(required=False, write_only=True, help_text="In place of contact_id, or beside phone.")

    class Meta:
        model = Transmission
        example = examples.TRANSMISSION
        fields = [
            *("transmission_id", "title", "origin", "contact_id", "account_id", "service_flag", "program_id"),
            *("direction", "status", "response", "try_allowed", "try_done", "retry_delay"),
            *("last_run", "is_deleted", "campaign_id"),
            *("username", "contact_phone", "contact_email", "account_phone", "account_email", "account", "contact"),
            *("phone", "email", *STAMPS),
        ]
        read_only_fields = ["origin"]
        extra_kwargs = {"try_allowed": {"min_value": 1}}
        completed = ["is_deleted"]

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        for row in rows:
            row["is_deleted"] = 0
        return rows


class SpoolSerializer(RowSerializer):
    """One attempt at a transmission."""

    spool_id = RowId()
    time_spool = Epoch()
    time_start = Epoch(allow_null=True)
    time_connect = Epoch(allow_null=True)
    time_end = Epoch(allow_null=True)
    status = Derived(spool_status, help_text="initiated, completed or failed.")
    transmission_id = WholeNumber(read_only=True)
    provider_id = WholeNumber(read_only=True, allow_null=True)
    account_id = WholeNumber(read_only=True, allow_null=True)
    node_id = WholeNumber(read_only=True, help_text="Always 1.")

    class Meta:
        model = Spool
        example = examples.SPOOL
        fields = [
            *("spool_id", "time_spool", "time_start", "time_connect", "time_end", "call_id", "status", "response"),
            *("cause", "amount", "service_flag", "transmission_id", "provider_id", "account_id", "node_id"),
        ]
        read_only_fields = fields
        completed = ["node_id"]

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        for row in rows:
            row["node_id"] = 1
        return rows


class ResultSerializer(RowSerializer):
    """One fact that an attempt left behind, such as a key pressed."""

    spool_result_id = RowId()
    spool_id = WholeNumber(read_only=True)

    class Meta:
        model = Result
        example = examples.RESULT
        fields = ["spool_result_id", "spool_id", "application_id", "type", "name", "data", "date_created"]
        read_only_fields = fields
