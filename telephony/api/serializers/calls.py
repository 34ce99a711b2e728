"""Call records and click to call on the wire (ICTCore 8.2)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import Case, CharField, F, Value, When
from django.db.models.functions import Cast, Coalesce, NullIf
from rest_framework import serializers

from access.api.fields import Derived, Epoch, RowId, Text
from access.api.rows import Row, RowSerializer
from telephony.api import examples
from telephony.models import Result, ServiceFlag, Spool, Transmission
from telephony.models.people import SEALED
from telephony.services.contact_files import FORMULA

CALL_TYPES = {ServiceFlag.VOICE: "voice", ServiceFlag.FAX: "fax"}
TIMES = ("start_time", "answer_time", "end_time")
PLAIN_NUMBER = re.compile(r"\+[0-9]+")
CONTEXTS = {Transmission.Direction.OUTBOUND: "internal", Transmission.Direction.INBOUND: "external"}


def domain() -> str:
    """The one domain of this house."""
    return str(settings.PROVISIONING["host"])


class Begin(Epoch):
    """When an attempt left the house, or was to."""

    @property
    def path(self) -> Any:
        begin = super().path
        begin.set_source_expressions([Coalesce(F("time_start"), F("time_spool"))])
        return begin


class CallId(serializers.CharField):
    """What the carrier calls the call, or else what we do."""

    path = Coalesce(NullIf("call_id", Value("")), Cast("reference", CharField()))


class End(serializers.CharField):
    """One end of a call; where it is a sealed contact, nothing is told of it."""

    def __init__(self, column: str, *, contact_in: Transmission.Direction) -> None:
        """`column` is the contact's end of calls in the direction `contact_in`."""
        sealed = When(transmission__contact__phone=SEALED, transmission__direction=contact_in, then=Value(SEALED))
        self.path = Case(sealed, default=F(column), output_field=CharField())
        super().__init__(read_only=True)


class CallRecordSerializer(RowSerializer):
    """One call or fax that has ended."""

    id = RowId()
    call_id = CallId(read_only=True, help_text="The carrier's id of the call, or ours.")
    caller_number = End("source", contact_in=Transmission.Direction.INBOUND)
    destination = End("destination", contact_in=Transmission.Direction.OUTBOUND)
    context = Derived(CONTEXTS.get, source="transmission.direction", help_text="internal: begun by the house.")
    direction = serializers.CharField(source="transmission.direction", read_only=True)
    call_type = Derived(CALL_TYPES.get, source="service_flag", help_text="voice or fax.")
    remote_ip = serializers.CharField(read_only=True, help_text="Always empty: carriers do not tell.")
    last_app = serializers.CharField(read_only=True, help_text="The last application that was run.")
    start_time = Begin(help_text="Epoch seconds.")
    answer_time = Epoch(source="time_connect", allow_null=True)
    end_time = Epoch(source="time_end")
    duration = serializers.IntegerField(read_only=True, help_text="Seconds from start to end.")
    billsec = serializers.IntegerField(source="amount", read_only=True, help_text="Seconds billed.")
    hangup_cause = serializers.CharField(source="cause", read_only=True)
    domain = serializers.CharField(read_only=True)

    class Meta:
        model = Spool
        example = examples.CALL_RECORD
        fields = [
            *("id", "call_id", "caller_number", "destination", "context", "direction", "call_type", "remote_ip"),
            *("last_app", "start_time", "answer_time", "end_time", "duration", "billsec", "hangup_cause", "domain"),
        ]
        read_only_fields = fields
        completed = ["remote_ip", "last_app", "duration", "domain"]

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        ran = Result.objects.filter(spool_id__in=[row["id"] for row in rows], type="application")
        last = dict(ran.order_by("pk").values_list("spool_id", "name"))
        fixed = {"remote_ip": "", "domain": domain()}
        for row in rows:
            seconds = max(row["end_time"] - row["start_time"], 0)
            row |= {**fixed, "last_app": last.get(row["id"], ""), "duration": seconds, "billsec": row["billsec"] or 0}
        return rows


def call_lines(pages: Iterable[Sequence[Row]]) -> Iterator[bytes]:
    """Call records as CSV under a line of names; times as ISO 8601, and nothing that a spreadsheet would run."""
    names = CallRecordSerializer.Meta.fields
    yield _line(names)
    for rows in pages:
        yield b"".join(_line([_cell(name, row[name]) for name in names]) for row in rows)


def _line(cells: Iterable[str]) -> bytes:
    quoted = (cell.replace('"', '""') for cell in cells)
    return ",".join(f'"{cell}"' for cell in quoted).encode() + b"\n"


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in TIMES:
        return datetime.fromtimestamp(value, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = str(value)
    return f"'{text}" if FORMULA.match(text) and not PLAIN_NUMBER.fullmatch(text) else text


class OriginateSerializer(serializers.Serializer):
    """Who is to be joined with whom, under either pair of names."""

    from_ext = Text(required=False, help_text="The extension that rings first: 2 to 6 digits. Also `from`.")
    to_number = Text(
        required=False, help_text="A phone number, an extension or a code, 2 to 20 digits, * and #. Also `to`."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), "from": Text(required=False), "to": Text(required=False)}
