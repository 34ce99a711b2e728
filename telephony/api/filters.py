"""What lists of telephony can be asked for (ICTCore 1.13)."""

from typing import Any

from django.db.models import QuerySet

from access.api.filters import AnyOf, Bits, EndsWithDigits, Number, Stamps, Status, UsedFilterSet, contains, equals
from telephony.api.serializers.delivery import spool_status, transmission_status
from telephony.models import (
    Campaign,
    Contact,
    Group,
    Program,
    Recording,
    Result,
    Spool,
    Template,
    Text,
    Transmission,
)


class Deleted(Number):
    """Deleted rows are never shown, so 1 finds none and 0 all."""

    def filter(self, qs: QuerySet[Any], value: int | None) -> QuerySet[Any]:
        return qs.none() if value else qs


class ContactFilter(Stamps):
    group_id = Number("memberships__group_id", help_text="Members of a group.")
    contact_id = Number("id", help_text="Equals.")
    phone = AnyOf("phone", "e164", lookup="endswith", help_text="Ends with.")
    email = equals("email")
    first_name = contains("first_name")
    last_name = contains("last_name")

    class Meta:
        model = Contact
        fields: list[str] = []


class GroupFilter(Stamps):
    group_id = Number("id", help_text="Equals.")
    name = contains("name")

    class Meta:
        model = Group
        fields: list[str] = []


class MessageFilter(Stamps):
    """What can be asked of all kinds of messages."""

    name = contains("name")
    type = contains("type")
    description = contains("description")


class TextFilter(MessageFilter):
    text_id = Number("id", help_text="Equals.")

    class Meta:
        model = Text
        fields: list[str] = []


class RecordingFilter(MessageFilter):
    recording_id = Number("id", help_text="Equals.")

    class Meta:
        model = Recording
        fields: list[str] = []


class TemplateFilter(MessageFilter):
    template_id = Number("id", help_text="Equals.")
    subject = contains("subject")
    body = contains("body")
    body_alt = contains("body_alt")

    class Meta:
        model = Template
        fields: list[str] = []


class ProgramFilter(Stamps):
    program_id = Number("id", help_text="Equals.")
    name = contains("name")
    type = contains("type")

    class Meta:
        model = Program
        fields: list[str] = []


class TransmissionFilter(Stamps):
    transmission_id = Number("id", help_text="Equals.")
    program_id = Number("program_id", help_text="Equals.")
    account_id = Number("account_id", help_text="Equals.")
    contact_id = Number("contact_id", help_text="Equals.")
    campaign_id = Number("campaign_id", help_text="Equals.")
    service_flag = Bits("service_flag", help_text="All bits set.")
    title = contains("title")
    origin = contains("origin")
    direction = contains("direction")
    status = Status(Transmission.Status.values, transmission_status, help_text="Contains.")
    response = contains("response")
    is_deleted = Deleted("id", help_text="1 finds none.")
    phone = AnyOf("contact__phone", "account__phone", help_text="Contained in the contact's or the account's.")
    email = AnyOf("contact__email", "account__email", help_text="Contained in the contact's or the account's.")
    account_phone = contains("account__phone")
    account_email = contains("account__email")
    contact_phone = contains("contact__phone")
    contact_email = contains("contact__email")

    class Meta:
        model = Transmission
        fields: list[str] = []


class SpoolFilter(UsedFilterSet):
    spool_id = Number("id", help_text="Equals.")
    account_id = Number("account_id", help_text="Equals.")
    transmission_id = Number("transmission_id", help_text="Equals.")
    service_flag = Bits("service_flag", help_text="All bits set.")
    status = Status(Spool.Status.values, spool_status, exact=True, help_text="Equals.")
    response = equals("response")

    class Meta:
        model = Spool
        fields: list[str] = []


class ResultFilter(UsedFilterSet):
    spool_result_id = Number("id", help_text="Equals.")
    spool_id = Number("spool_id", help_text="Equals.")
    application_id = Number("application_id", help_text="Equals.")
    type = equals("type")
    name = equals("name")
    data = contains("data")

    class Meta:
        model = Result
        fields: list[str] = []


class CampaignFilter(Stamps):
    campaign_id = Number("id", help_text="Equals.")
    program_id = EndsWithDigits("program_id", help_text="Ends with: 5 finds 15 too.")
    group_id = Number("group_id", help_text="Equals.")
    status = contains("status")

    class Meta:
        model = Campaign
        fields: list[str] = []
