"""What holds for all functions: each does its work, refuses what it cannot read, and knows of no other practice."""

import pytest
from django.utils import timezone

from coaching.rpc import functions  # noqa: F401  declares them
from coaching.rpc.parameters import Bool, Date, Email, Enum, IDList, Int, Moment, Number, ZoneName
from coaching.rpc.parameters import TimeOfDay as Time
from coaching.rpc.refs import CoachRef, Ref
from coaching.rpc.registry import REGISTRY
from tests.coaching.calls import CALLS, filled, good
from tests.coaching.contract import complaints, listed

pytestmark = pytest.mark.django_db
LISTED = listed()
every_function = pytest.mark.parametrize("name", CALLS)


def with_parameters(*kinds):
    """Every function that has parameters of these kinds, with them."""
    found = {name: [p for p in declared.parameters if isinstance(p, kinds)] for name, declared in REGISTRY.items()}
    rows = [(name, each) for name, each in found.items() if each]
    return pytest.mark.parametrize(("name", "parameters"), rows, ids=[name for name, _ in rows])


def test_none_is_left_out():
    assert set(CALLS) == set(REGISTRY)


@every_function
def test_a_good_call_answers_its_symbol_and_each_field_as_the_contract_says(house, name):
    result, _ = CALLS[name]
    content = {"includeContent": "true"} if name.startswith(("Agreement.get", "Worksheet.getAll")) else {}
    envelope = house.api(name, **good(house, name, **content))

    if result.startswith("failure"):
        assert envelope["error"] == int(result.split()[1])
        return
    assert (envelope["error"], envelope["result"]) == (0, result), envelope
    wanted = LISTED[name].gives
    if wanted is None:
        assert envelope["return"] == []
    else:
        assert complaints(envelope["return"], [wanted] if LISTED[name].is_list else wanted) == []
        assert envelope["return"]


@every_function
def test_what_is_required_is_asked_for_in_the_documented_order(house, name):
    required = [parameter.name for parameter in REGISTRY[name].parameters if parameter.required]
    optional = {p.name: "\x01" for p in REGISTRY[name].parameters if not p.required}  # wrong, but that comes later

    for count in range(len(required)):
        there = good(house, name, **dict.fromkeys(required[count:]))
        assert house.api.fails(name, 301, **{**optional, **there, required[count]: ""}).startswith(required[count])


@with_parameters(Ref)
def test_ids_of_another_practice_are_unknown(house, name, parameters):
    for parameter in parameters:
        rows = vars(house.their_world).values()
        row = next(row for row in rows if isinstance(row, parameter.model) and _fits(row, name))
        alone = {"ClientID": None} if (name, parameter.name) == ("Invoice.add", "CompanyID") else {}
        for wrong in (row.pk, "x1"):
            fields = good(house, name, **{**alone, parameter.name: wrong})
            message = house.api.fails(name, 311 if isinstance(parameter, CoachRef) else 302, **fields)
            assert str(wrong) in message


@pytest.mark.parametrize("name", [name for name, listed in LISTED.items() if listed.is_list])
def test_lists_hold_nothing_of_another_practice(house, name):
    answers = []
    for api, world in ((house.api, house.world), (house.their_api, house.their_world)):
        fields = filled(CALLS[name][1], world, timezone.now().date().isoformat())
        answers.append(api.ok(name, "loaded", **fields))

    ids = [_ids(answer) for answer in answers]
    assert all(ids)
    assert not ids[0] & ids[1]


def test_ids_in_a_list_and_invoice_numbers_are_of_the_practice_too(house):
    world, other = house.world, house.their_world
    house.api.ok("Invoice.update", "updated", InvoiceID=world.invoice.pk, number="ONLY")

    message = house.api.fails(
        "Client.setAppointmentSettings",
        302,
        ClientID=world.client.pk,
        allowedAppointmentTypeIDList=f"{world.type.pk},{other.type.pk}",
    )
    assert str(other.type.pk) in message
    house.their_api.fails("Invoice.get", 302, InvoiceID="#ONLY")


UNREADABLE = {  # the whole list of what cannot be read is in test_reading.py
    Date: (304, "2/30/2030"),
    Moment: (304, "0001-01-01T00:00:00Z"),
    Time: (305, "25:00"),
    Email: (303, f"{'a' * 50}@example.com"),
    Bool: (301, "maybe"),
    Enum: (301, "?"),
    Int: (301, "-1"),
    Number: (301, "1e3"),
    ZoneName: (301, "Paris"),
    IDList: (302, "1,x"),
}


@with_parameters(*UNREADABLE)
def test_a_value_that_cannot_be_read_is_refused_by_its_code_before_any_id_is_looked_up(house, name, parameters):
    for parameter in parameters:
        if (name, parameter.name) == ("Engagement.update", "endDate"):
            continue  # there it means the open end
        code, bad = next(value for kind, value in UNREADABLE.items() if isinstance(parameter, kind))
        unknown = {p.name: "0" for p in REGISTRY[name].parameters if isinstance(p, Ref) and p.required and code != 302}
        message = house.api.fails(name, code, **good(house, name, **{**unknown, parameter.name: bad}))
        assert message.startswith(parameter.name), message


@pytest.mark.parametrize("name", [name for name, each in LISTED.items() if any(taken.maximum for taken in each.takes)])
def test_a_text_may_be_just_as_long_as_the_contract_says(house, name):
    told_elsewhere = ("email", "fileData", "currency", "URL")
    limited = {taken.name: taken.maximum for taken in LISTED[name].takes if taken.maximum}
    limits = {field: most for field, most in limited.items() if field not in told_elsewhere}
    for field, most in limits.items():
        code = 306 if field in ("firstName", "lastName", "filename", "title") else 301
        house.api.fails(name, code, **good(house, name, **{field: "é" * (most + 1)}))

    longest = {field: "é" * most for field, most in limits.items()}
    assert house.api(name, **good(house, name, **longest))["error"] == 0


@every_function
def test_bad_values_never_break_anything(house, name):
    parameters = REGISTRY[name].parameters
    for fields in [{p.name: "9" * 400} for p in parameters] + [{p.name: "💥\0" for p in parameters}]:
        assert house.api.send(name, **good(house, name, **fields)).status_code == 200, fields


@every_function
def test_blank_optional_values_are_as_good_as_absent(house, name):
    meant = {"projectName", "reminderSet", "profileExtra", "endDate", "lineItemSet"}
    blanks = {p.name: " " for p in REGISTRY[name].parameters if not p.required and p.name not in meant}
    result, fields = CALLS[name]
    blanks = {key: value for key, value in blanks.items() if key not in fields}

    envelope = house.api(name, **good(house, name, **blanks))
    assert envelope["result"] == result or f"failure {envelope['error']}" == result, envelope


def _fits(row, name) -> bool:
    """A reminder of an action is none of a worksheet."""
    return not name.endswith("deleteReminder") or getattr(row, name.partition(".")[0].lower()) is not None


def _ids(rows) -> set[tuple[str, int]]:
    return {(key, row[key]) for row in rows for key in ("ID", "ClientID", "CoachID") if row.get(key)}
