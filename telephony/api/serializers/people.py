"""Contacts and groups on the wire (ICTCore 2.2)."""

from django.conf import settings
from django.db.models import Count
from rest_framework import serializers

from access.api.fields import RowId, WholeNumber
from access.api.rows import STAMPS, Row, RowSerializer
from telephony.api import examples
from telephony.models import Contact, Group, GroupMember

COMPANY_ID = -2


class ContactSerializer(RowSerializer):
    """Somebody who can be called or written to."""

    contact_id = RowId()

    class Meta:
        model = Contact
        example = examples.CONTACT
        fields = [
            *("contact_id", "first_name", "last_name", "phone", "email", "address"),
            *("custom1", "custom2", "custom3", "description", "time_zone", *STAMPS),
        ]
        extra_kwargs = {
            "first_name": {"required": True, "allow_blank": False},
            "phone": {"required": True, "allow_blank": False},
        }


def house_contact(pk: int) -> Row | None:
    """The contact that stands for the company; None for any other id."""
    if pk != COMPANY_ID:
        return None
    company = {"first_name": settings.COMPANY["name"]}
    company |= {name: settings.COMPANY[name] for name in ("phone", "email", "address")}
    return {**dict.fromkeys(ContactSerializer.Meta.fields, ""), "contact_id": pk, **company, **dict.fromkeys(STAMPS)}


class GroupSerializer(RowSerializer):
    """A list of contacts."""

    group_id = RowId()
    id = RowId(help_text="The same as `group_id`; the Guide calls it so.")
    contact_total = WholeNumber(read_only=True)

    class Meta:
        model = Group
        example = examples.GROUP
        fields = ["group_id", "id", "name", "description", "contact_total", *STAMPS]
        completed = ["contact_total"]

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        members = GroupMember.objects.filter(group_id__in=[row["group_id"] for row in rows])
        totals = dict(members.values("group_id").annotate(total=Count("pk")).values_list("group_id", "total"))
        for row in rows:
            row["contact_total"] = totals.get(row["group_id"], 0)
        return rows


class ImportReportSerializer(serializers.Serializer):
    """What became of the rows of a CSV file."""

    class Rejected(serializers.Serializer):
        line = serializers.IntegerField()
        reason = serializers.CharField()

        class Meta:
            ref_name = "RejectedLine"

    group_id = serializers.IntegerField()
    total = serializers.IntegerField(help_text="Rows in the file.")
    created = serializers.IntegerField(help_text="Contacts made.")
    linked = serializers.IntegerField(help_text="Contacts that were there already and are in the group now.")
    repeated = serializers.IntegerField(help_text="Rows whose number stood above in the file.")
    not_callable = serializers.IntegerField(
        help_text="Of those made and there already: the phone is no number in any country. Kept, and never called."
    )
    rejected = Rejected(many=True)
