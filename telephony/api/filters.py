"""What lists of telephony can be asked for (ICTCore 1.13)."""

from datetime import UTC, datetime, time
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from access.api.fields import DIGITS
from access.api.filters import (
    AnyOf,
    Bits,
    EndsWithDigits,
    EpochSeconds,
    Number,
    Stamps,
    Status,
    UsedFilterSet,
    Word,
    YesOrNo,
    contains,
    equals,
)
from telephony.api.serializers.calls import CALL_TYPES, domain
from telephony.api.serializers.delivery import spool_status, transmission_status
from telephony.models import (
    Account,
    Campaign,
    Contact,
    Document,
    Group,
    Program,
    Provider,
    Recording,
    Result,
    Schedule,
    Spool,
    Template,
    Text,
    Transmission,
)
from telephony.models.people import SEALED
from telephony.services.provider_types import PROVIDER_TYPES


class Day(forms.CharField):
    """A day or an instant, as ISO 8601 or epoch seconds; a day is its first moment, or its last. UTC unless it says."""

    def __init__(self, *, last: bool = False, **kwargs: Any) -> None:
        self.last = last
        super().__init__(**kwargs)

    def clean(self, value: Any) -> datetime | None:  # type: ignore[override]
        text = super().clean(value)
        if not text:
            return None
        if DIGITS.fullmatch(text):
            return EpochSeconds().clean(text)
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            raise forms.ValidationError("A date such as 2026-01-31 is required.") from None
        if self.last and len(text) <= len("2026-01-31"):
            instant = datetime.combine(instant, time.max)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


@extend_schema_field(OpenApiTypes.STR)
class Instant(django_filters.Filter):
    """Before or after a day or an instant."""

    field_class = Day


class Deleted(Number):
    """Deleted rows are never shown, so 1 finds none and 0 all."""

    def filter(self, qs: QuerySet[Any], value: int | None) -> QuerySet[Any]:
        return qs.none() if value else qs


class GatewayFlag(Number):
    """The providers whose gateway it is."""

    def filter(self, qs: QuerySet[Any], value: int | None) -> QuerySet[Any]:
        types = [name for name, each in PROVIDER_TYPES.items() if each.gateway_flag == value]
        return qs if value is None else qs.filter(type__in=types)


class AccountFilter(Stamps):
    account_id = Number("id", help_text="Equals.")
    type = contains("type")
    username = contains("username")
    phone = contains("phone")
    email = contains("email")
    first_name = contains("first_name")
    last_name = contains("last_name")
    address = contains("address")
    active = YesOrNo("active", help_text="1 or 0.")

    class Meta:
        model = Account
        fields: list[str] = []


class ExtensionFilter(Stamps):
    extension = AnyOf("username", "phone", lookup="iexact", help_text="Equals.")
    effective_caller_id_name = AnyOf("first_name", "last_name", help_text="Contained in either name.")

    class Meta:
        model = Account
        fields: list[str] = []


class PhoneEnding(AnyOf):
    """The end of a phone, as it was given or in E.164; a sealed one is not found out digit by digit."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return super().filter(qs, value).exclude(phone=SEALED) if value else qs


class ContactFilter(Stamps):
    group_id = Number("memberships__group_id", help_text="Members of a group.")
    contact_id = Number("id", help_text="Equals.")
    phone = PhoneEnding("phone", "e164", lookup="endswith", help_text="Ends with.")
    email = equals("email")
    first_name = contains("first_name")
    last_name = contains("last_name")
    address = contains("address")
    custom1 = contains("custom1")
    custom2 = contains("custom2")
    custom3 = contains("custom3")
    description = contains("description")

    class Meta:
        model = Contact
        fields: list[str] = []


class GroupFilter(Stamps):
    group_id = Number("id", help_text="Equals.")
    id = Number("id", help_text="Equals.")
    name = contains("name")
    description = contains("description")

    class Meta:
        model = Group
        fields: list[str] = []


class MessageFilter(Stamps):
    """What can be asked of all kinds of messages."""

    id = Number("id", help_text="Equals.")
    name = contains("name")
    type = contains("type")
    description = contains("description")


class TextFilter(MessageFilter):
    text_id = Number("id", help_text="Equals.")
    data = contains("data")

    class Meta:
        model = Text
        fields: list[str] = []


class DocumentFilter(MessageFilter):
    document_id = Number("id", help_text="Equals.")

    class Meta:
        model = Document
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
    parent_id = Number("parent_id", help_text="Equals.")
    account_id = Number("data__account_id", help_text="Equals.")
    document_id = Number("data__document_id", help_text="Equals.")
    recording_id = Number("data__recording_id", help_text="Equals.")
    template_id = Number("data__template_id", help_text="Equals.")
    text_id = Number("data__text_id", help_text="Equals.")

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


class CallType(django_filters.ChoiceFilter):
    """A service by the name that call records give it."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        flags = [flag for flag, name in CALL_TYPES.items() if name == value]
        return qs.filter(service_flag__in=flags) if value else qs


class Domain(Word):
    """The house has one domain: any other finds none."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs if value.lower() in ("", domain().lower()) else qs.none()


class CallRecordFilter(UsedFilterSet):
    start_date = Instant("time_spool", lookup_expr="gte", help_text="Begun at or after, UTC.")
    end_date = Instant("time_spool", lookup_expr="lte", last=True, help_text="Begun at or before, UTC.")
    direction = django_filters.ChoiceFilter("transmission__direction", choices=Transmission.Direction.choices)
    call_type = CallType("service_flag", choices=[(name, name) for name in CALL_TYPES.values()])
    hangup_cause = equals("cause")
    domain = Domain(help_text="Equals.")

    class Meta:
        model = Spool
        fields: list[str] = []


class ScheduleFilter(Stamps):
    schedule_id = Number("id", help_text="Equals.")
    transmission_id = Number("transmission_id", help_text="Equals.")
    campaign_id = Number("campaign_id", help_text="Equals.")
    action = equals("action")
    status = Number("status", help_text="Equals.")

    class Meta:
        model = Schedule
        fields: list[str] = []


class ProviderFilter(Stamps):
    provider_id = Number("id", help_text="Equals.")
    name = equals("name")
    node_id = Number("node_id", help_text="Equals.")
    host = equals("host")
    type = equals("type")
    active = YesOrNo("active", help_text="1 or 0.")
    service_flag = Bits("service_flag", help_text="All bits set.")
    gateway_flag = GatewayFlag(help_text="Equals.")
    port = Number("port", help_text="Equals.")
    username = equals("username")
    dialstring = equals("dialstring")
    prefix = equals("prefix")
    settings = equals("settings")
    register = YesOrNo("register", help_text="1 or 0.")
    weight = Number("weight", help_text="Equals.")

    class Meta:
        model = Provider
        fields: list[str] = []


class CampaignFilter(Stamps):
    campaign_id = Number("id", help_text="Equals.")
    program_id = EndsWithDigits("program_id", help_text="Ends with: 5 finds 15 too.")
    group_id = Number("group_id", help_text="Equals.")
    account_id = Number("account_id", help_text="Equals.")
    cpm = Number("cpm", help_text="Equals.")
    try_allowed = Number("try_allowed", help_text="Equals.")
    name = contains("name")
    status = contains("status")

    class Meta:
        model = Campaign
        fields: list[str] = []
