"""Call records and click to call over the API (ICTCore 8.2)."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.api.resources import ResourceViewSet
from telephony.models import DoNotCall, Result, Spool, Transmission
from telephony.services import accounts, transmissions
from tests.telephony.api.conftest import error_of, streamed

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EPOCH = int(NOON.timestamp())


@pytest.fixture
def call_of(world):
    """call_of(…): an attempt that has ended, by default answered for 20 of 30 seconds."""

    def make(transmission=None, **fields):
        fields = {
            "service_flag": 1,
            "status": "completed",
            "cause": "answered",
            "source": "+12025550199",
            "destination": "+12025550123",
            "content": [],
            "amount": 20,
            "time_spool": NOON,
            "time_start": NOON,
            "time_connect": NOON.replace(second=10),
            "time_end": NOON.replace(second=30),
            **fields,
        }
        return Spool.objects.create(transmission=transmission or world.transmission, **fields)

    return make


def ids(answer):
    return [row["id"] for row in answer.json()]


def test_a_record_tells_what_became_of_a_call(client, call_of, settings):
    settings.PROVISIONING = {**settings.PROVISIONING, "host": "pbx.example.com"}
    spool = call_of()
    for name in ("originate", "voice_play", "disconnect"):
        Result.objects.create(spool=spool, type="application", name=name, data="success")
    Result.objects.create(spool=spool, type="dtmf", name="key", data="1")
    assert client.get("/api/cdr").json() == [
        {
            "id": spool.pk,
            "call_id": str(spool.reference),
            "caller_number": "+12025550199",
            "destination": "+12025550123",
            "context": "internal",
            "direction": "outbound",
            "call_type": "voice",
            "remote_ip": "",
            "last_app": "disconnect",
            "start_time": EPOCH,
            "answer_time": EPOCH + 10,
            "end_time": EPOCH + 30,
            "duration": 30,
            "billsec": 20,
            "hangup_cause": "answered",
            "domain": "pbx.example.com",
        }
    ]


def test_a_call_that_was_not_answered_bills_nothing(client, call_of):
    call_of(status="failed", cause="busy", amount=None, time_connect=None, time_start=None, call_id="carrier-7")
    [row] = client.get("/api/cdr").json()
    assert (row["billsec"], row["answer_time"], row["hangup_cause"]) == (0, None, "busy")
    assert (row["start_time"], row["call_id"], row["last_app"]) == (EPOCH, "carrier-7", "")


def test_only_calls_and_faxes_that_have_ended_are_recorded(client, call_of):
    voice, fax = call_of(), call_of(service_flag=2)
    for fields in (
        {"service_flag": 4},
        {"service_flag": 8},
        {"status": "invalid", "cause": "withdrawn"},
        {"status": "started", "time_end": None},
    ):
        call_of(**fields)
    rows = client.get("/api/cdr").json()
    assert [(row["id"], row["call_type"]) for row in rows] == [(fax.pk, "fax"), (voice.pk, "voice")]


def test_pages_begin_with_the_newest(client, call_of):
    made = [call_of().pk for _ in range(5)][::-1]
    assert ids(client.get("/api/cdr")) == made
    assert ids(client.get("/api/cdr?limit=2")) == made[:2]
    assert ids(client.get("/api/cdr?limit=2&offset=3")) == made[3:]
    assert ids(client.get("/api/cdr?offset=9")) == []
    assert ids(client.get(f"/api/cdr?limit=2&after_id={made[1]}")) == made[2:4]
    assert ids(client.get(f"/api/cdr?after_id={made[-1]}")) == []


def test_without_a_limit_five_hundred_are_answered(client, call_of, world):
    first = call_of()
    Spool.objects.bulk_create(
        Spool(transmission=world.transmission, service_flag=1, content=[], status="failed", time_end=NOON)
        for _ in range(500)
    )
    rows = ids(client.get("/api/cdr"))
    assert len(rows) == 500
    assert first.pk not in rows
    assert len(ids(client.get("/api/cdr?limit=501"))) == 501


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("limit", value) for value in ("0", "5001", "-1", "x", "٣")),
        *(("offset", value) for value in ("-1", "x", "9" * 20)),
        *(("start_date", value) for value in ("yesterday", "2026-02-30", "9" * 15, "-1", "٢٠٢٦-٠١-٠١")),
        *(("end_date", value) for value in ("2026-13-01", "x\0")),
        ("direction", "sideways"),
        ("call_type", "telex"),
    ],
)
def test_a_query_that_cannot_be_meant_is_412_and_named(client, name, value):
    for path in ("cdr", "cdr/csv"):
        answer = client.get(f"/api/{path}", {name: value})
        assert answer.status_code == 412
        assert error_of(answer).startswith(name)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"start_date": "2026-03-01"}, True),
        ({"start_date": "2026-03-01T12:00:00Z"}, True),
        ({"start_date": "2026-03-01 12:00:01"}, False),
        ({"start_date": str(EPOCH)}, True),
        ({"start_date": str(EPOCH + 1)}, False),
        ({"end_date": "2026-03-01"}, True),
        ({"end_date": "2026-02-28"}, False),
        ({"end_date": "2026-03-01T11:59:59"}, False),
        ({"end_date": "9999-12-31"}, True),
        ({"start_date": "0001-01-01"}, True),
        ({"start_date": "2026-03-01", "end_date": "2026-03-01"}, True),
        ({"hangup_cause": "ANSWERED"}, True),
        ({"hangup_cause": "busy"}, False),
        ({"direction": "outbound"}, True),
        ({"direction": "inbound"}, False),
        ({"call_type": "voice"}, True),
        ({"call_type": "fax"}, False),
        ({"domain": "127.0.0.1"}, True),
        ({"domain": "elsewhere.example"}, False),
        ({"unknown": "x"}, True),
        ({"start_date": "", "end_date": "", "direction": "", "call_type": "", "domain": ""}, True),
    ],
)
def test_records_are_filtered(client, call_of, settings, query, found):
    settings.PROVISIONING = {**settings.PROVISIONING, "host": "127.0.0.1"}
    call_of()
    assert len(client.get("/api/cdr", query).json()) == int(found)


def test_everybody_sees_their_own_calls_and_who_may_all_of_them(client, call_of, world_of, make_user, api, holder_of):
    mine = call_of().pk
    stranger = make_user()
    theirs = call_of(world_of(stranger).transmission).pk
    assert ids(client.get("/api/cdr")) == [mine]
    assert ids(api(stranger).get("/api/cdr")) == [theirs]
    for right in ("cdr_admin", "spool_admin"):
        assert ids(api(holder_of("cdr_list", right)).get("/api/cdr")) == [theirs, mine]


def test_the_calls_of_a_deleted_transmission_are_gone(client, call_of, world):
    call_of()
    transmissions.delete_transmission(transmission=world.transmission, by=world.owner)
    assert ids(client.get("/api/cdr")) == []


def test_two_records_and_twenty_cost_the_same(client, call_of):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get("/api/cdr")
        return len(queries)

    call_of()
    few = cost()
    for _ in range(20):
        Result.objects.create(spool=call_of(), type="application", name="originate")
    assert cost() == few <= 4


def records_in(answer):
    return list(csv.reader(io.StringIO(streamed(answer).decode())))


def test_records_come_as_csv(client, call_of):
    spool = call_of(source='=SUM("1")', cause="no answer", destination="+12025550123")
    answer = client.get("/api/cdr/csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Content-Disposition"] == 'attachment; filename="cdr.csv"'
    names, row = records_in(answer)
    assert set(names) == client.get("/api/cdr").json()[0].keys()
    values = dict(zip(names, row, strict=True))
    assert values["id"] == str(spool.pk)
    assert values["caller_number"] == '\'=SUM("1")'
    assert values["destination"] == "+12025550123"
    assert values["start_time"] == "2026-03-01T12:00:00Z"
    assert values["hangup_cause"] == "no answer"


@pytest.mark.parametrize("cell", ["=1", "+1+1", "-1", "@x", "\tx", "\rx", "'=1"])
def test_no_cell_is_run_by_a_spreadsheet(client, call_of, cell):
    call_of(source=cell)
    assert records_in(client.get("/api/cdr/csv"))[1][2] == f"'{cell}"


def test_all_records_are_exported_in_pieces_and_a_page_where_one_is_asked_for(client, call_of, monkeypatch):
    monkeypatch.setattr(ResourceViewSet, "chunk", 2)
    made = [str(call_of().pk) for _ in range(5)][::-1]
    assert [row[0] for row in records_in(client.get("/api/cdr/csv"))[1:]] == made
    assert [row[0] for row in records_in(client.get("/api/cdr/csv?limit=3&offset=1"))[1:]] == made[1:4]
    assert [row[0] for row in records_in(client.get("/api/cdr/csv?offset=1"))[1:]] == made[1:]
    assert [row[0] for row in records_in(client.get(f"/api/cdr/csv?after_id={made[1]}"))[1:]] == made[2:]
    assert len(records_in(client.get("/api/cdr/csv?call_type=fax"))) == 1


@pytest.fixture
def extension(owner):
    return accounts.create_account(owner=owner, type="extension", username="1001", phone="1001", active=True)


@pytest.mark.parametrize(
    ("body", "to"),
    [
        ({"from": "1001", "to": "1002"}, "1002"),
        ({"from_ext": "1001", "to_number": "+12025550123"}, "+12025550123"),
        ({"from": 1001, "to": 2025550123}, "2025550123"),
        ({"from_ext": "1001", "to": "*78"}, "*78"),
    ],
)
def test_a_call_is_begun_under_either_pair_of_names(client, extension, loopback, deliver, body, to):
    made = client.post("/api/call/originate", body).json()
    transmission = Transmission.objects.get()
    assert made == {
        "status": "ok",
        "from_ext": "1001",
        "to_number": to,
        "transmission_id": transmission.pk,
        "spool_id": transmission.spools.get().pk,
    }
    deliver()
    assert client.get(f"/api/transmissions/{transmission.pk}/status").json()["status"] == "completed"
    [record] = client.get("/api/cdr").json()
    assert (record["id"], record["caller_number"]) == (made["spool_id"], "1001")


def test_a_call_may_come_as_a_form(client, extension, loopback):
    body = "from=1001&to=%2B12025550123"
    answer = client.post("/api/call/originate", body, content_type="application/x-www-form-urlencoded")
    assert answer.json()["to_number"] == "+12025550123"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "from"),
        ({"to": "1002"}, "from"),
        ({"from": "1001"}, "to"),
        ({"from_ext": "1", "to_number": "1002"}, "from_ext"),
        ({"from_ext": "1001", "to_number": "1"}, "to_number"),
        ({"from": "1001", "to": "12a"}, "to"),
        ({"from": "1001", "to": ""}, "to"),
        ({"from": None, "to": "1002"}, "from"),
        ({"from": ["1001"], "to": "1002"}, "from"),
        ({"from": True, "to": "1002"}, "from"),
        ({"from": "1001", "to": {"a": 1}}, "to"),
        ({"from": "1001", "to": "1002\0"}, "to"),
        ({"from": "1001", "to": "9" * 5000}, "to"),
        ([], ""),
        ("1001", ""),
    ],
)
def test_a_bad_call_is_412_and_named(client, extension, loopback, body, field):
    answer = client.post("/api/call/originate", body)
    assert answer.status_code == 412
    assert error_of(answer).startswith(field)
    assert not Transmission.objects.exists()


def test_an_unknown_extension_fails_as_a_call(client, loopback, deliver):
    made = client.post("/api/call/originate", {"from": "1009", "to": "1002"})
    assert made.status_code == 200
    deliver()
    transmission = client.get(f"/api/transmissions/{made.json()['transmission_id']}").json()
    assert (transmission["status"], transmission["response"]) == ("failed", "extension 1009 is not known")


def test_a_number_that_must_not_be_called_is_423(client, extension, loopback):
    DoNotCall.objects.create(number=12025550123)
    answer = client.post("/api/call/originate", {"from": "1001", "to": "+12025550123"})
    assert answer.status_code == 423
    assert "do-not-call" in error_of(answer)


def test_without_a_provider_it_is_404(client, extension):
    answer = client.post("/api/call/originate", {"from": "1001", "to": "1002"})
    assert answer.status_code == 404
    assert error_of(answer) == "No provider available"


def test_the_program_of_a_call_is_shown_and_not_offered(client, extension, loopback):
    made = client.post("/api/call/originate", {"from": "1001", "to": "1002"}).json()
    program = client.get(f"/api/transmissions/{made['transmission_id']}").json()["program_id"]
    row = client.get(f"/api/programs/{program}").json()
    assert (row["type"], row["extension"]) == ("call", "1001")
    assert client.put(f"/api/programs/{program}", {"name": "Desk"}).json()["name"] == "Desk"
    assert client.post("/api/programs/call", {"extension": "1001"}).status_code == 404
    assert client.delete(f"/api/programs/{program}").status_code == 200
    assert client.post("/api/call/originate", {"from": "1001", "to": "1002"}).status_code == 200
