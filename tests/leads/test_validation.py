"""What a body may hold: every fault at once, in the contract's words, and nothing stored."""

import orjson
import pytest

from leads.models import Lead
from telephony.models import Contact, Transmission
from tests.leads.conftest import JOHN, the_lead

pytestmark = pytest.mark.django_db

NO_DATA = "Empty or invalid content of `data` field"


def faults(site, **changes):
    """The faults of John with changes, None being sent as null; nothing may have been stored."""
    answer = site.post("add", {**JOHN, **changes})
    assert answer.status_code == 400, answer.content
    assert not (Lead.objects.exists() or Transmission.objects.exists() or Contact.objects.exists())
    return answer.json()


def test_an_empty_body_names_every_required_field(site):
    answer = site.post("add", {})

    assert answer.status_code == 400
    assert answer.json() == {
        "type": {"0": "Type cannot be blank."},
        "first_name": {"0": "First Name cannot be blank."},
        "surname": {"0": "Surname cannot be blank."},
        "email": {"0": "Email cannot be blank."},
        "mobile": {"0": "Mobile cannot be blank."},
    }


def test_every_kind_of_fault_is_told_at_once(site):
    found = faults(
        site,
        email="john",
        mobile="12",
        other_phone="none",
        data="{",
        delays="soon",
        test="perhaps",
        surname=" ",
        type=None,
    )

    assert found == {
        "test": {"0": "Test must be true or left out."},
        "type": {"0": "Type cannot be blank."},
        "surname": {"0": "Surname cannot be blank."},
        "email": {"0": "Email is not a valid email address."},
        "mobile": {"0": "Mobile is not a valid phone number."},
        "other_phone": {"0": "Other Phone is not a valid phone number."},
        "data": {"0": NO_DATA},
        "delays": {"0": "Delays must be a number."},
    }


@pytest.mark.parametrize("blank", [None, "", "   ", "\t\n"])
@pytest.mark.parametrize(
    ("field", "label"),
    [("email", "Email"), ("first_name", "First Name"), ("surname", "Surname"), ("mobile", "Mobile"), ("type", "Type")],
)
def test_a_required_field_may_not_be_blank(site, field, label, blank):
    assert faults(site, **{field: blank}) == {field: {"0": f"{label} cannot be blank."}}


@pytest.mark.parametrize("value", [[], {}, ["x"], {"a": 1}, True, 1.5, "a\0b"])
@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("email", "Email"),
        ("first_name", "First Name"),
        ("surname", "Surname"),
        ("mobile", "Mobile"),
        ("type", "Type"),
        ("subtype", "Subtype"),
        ("other_phone", "Other Phone"),
    ],
)
def test_what_is_no_text_is_refused(site, field, label, value):
    assert faults(site, **{field: value}) == {field: {"0": f"{label} is not a valid text."}}


@pytest.mark.parametrize(("field", "longest"), [("first_name", 64), ("surname", 64), ("subtype", 128), ("type", 128)])
def test_a_text_that_is_too_long_is_refused_and_one_that_just_fits_is_not(site, field, longest):
    assert list(faults(site, **{field: "é" * (longest + 1)})) == [field]

    site.post("add", {**JOHN, field: "é" * longest})
    assert Lead.objects.count() == 1


@pytest.mark.parametrize("email", ["john", "john@", "@example.com", "a b@example.com", "john@example.com\nBcc: x@y.zz"])
def test_an_address_that_is_none_is_refused(site, email):
    assert faults(site, email=email) == {"email": {"0": "Email is not a valid email address."}}


@pytest.mark.parametrize(
    "mobile", ["07840 258823", "(07840) 258-823", "+44 7840 258823", "0044 7840 258823", "447840258823", 7840258823]
)
def test_a_number_is_read_as_people_write_it(site, mobile):
    assert site.add(mobile=mobile) == {"saved": True, "processed": True}
    assert (the_lead().mobile, the_lead().e164) == (str(mobile), "+447840258823")


@pytest.mark.parametrize("mobile", ["12", "call me", "+", "0784025882307840258823", "+999 123456", "x" * 64])
def test_a_number_that_is_none_is_refused(site, mobile):
    assert faults(site, mobile=mobile) == {"mobile": {"0": "Mobile is not a valid phone number."}}


def test_the_other_phone_is_kept_in_both_forms(site):
    site.add(other_phone="020 7946 0000")

    assert (the_lead().other_phone, the_lead().other_e164) == ("020 7946 0000", "+442079460000")


@pytest.mark.parametrize("data", ["", " ", "x", "12", '"text"', "true", "null", "{", "[1", 5, True, '{"a":"\\u0000"}'])
def test_data_that_is_neither_object_nor_array_is_refused(site, data):
    assert faults(site, data=data) == {"data": {"0": NO_DATA}}


@pytest.mark.parametrize("data", [{"a": "b"}, [1, 2], {}, [], {"ключ": ["значение", None, 1.5]}])
def test_data_may_be_json_or_a_text_of_json(site, data):
    site.add(data=data)
    assert the_lead().data == data

    site.add(data=orjson.dumps(data).decode(), mobile="07840258824")
    assert the_lead().data == data


def test_data_that_is_a_maze_is_refused(site):
    assert faults(site, data="[" * 500 + "]" * 500) == {"data": {"0": NO_DATA}}


@pytest.mark.parametrize("delays", [None, "", " ", 0, "0", 0.0])
def test_no_delays_means_now(site, delays):
    answer = site.post("add", {**JOHN, "delays": delays})

    assert answer.json() == {"saved": True, "processed": True}
    assert (the_lead().due_at - the_lead().created_at).total_seconds() < 5


@pytest.mark.parametrize("delays", [2592000, "2592000", " 600 ", "+600"])
def test_delays_are_whole_seconds_in_digits(site, delays):
    assert site.add(delays=delays) == {"saved": True, "processed": True}
    assert the_lead().delays == int(delays)


@pytest.mark.parametrize("delays", ["soon", "1.5", 1.5, True, [], {}, "600s", "٦٠٠", "1e3"])
def test_delays_that_are_no_whole_number_are_refused(site, delays):
    assert faults(site, delays=delays) == {"delays": {"0": "Delays must be a number."}}


@pytest.mark.parametrize("delays", [-1, "-1", 2592001, "2592001", 10**17, 1e30, 2**63])
def test_delays_out_of_range_are_refused(site, delays):
    assert faults(site, delays=delays) == {"delays": {"0": "Delays must be between 0 and 2592000."}}


@pytest.mark.parametrize("test", [True, "true", "TRUE", " True ", 1, "1"])
def test_a_test_stores_nothing(site, test):
    assert site.add(test=test) == {"test": "ok"}
    assert not Lead.objects.exists()


@pytest.mark.parametrize("test", [None, "", False, "false", "FALSE", 0, "0"])
def test_without_a_test_the_lead_is_real(site, test):
    assert site.post("add", {**JOHN, "test": test}).json() == {"saved": True, "processed": True}


@pytest.mark.parametrize("test", ["yes", "no", 2, -1, [], {}, 1.5, "tru", "١"])
def test_what_is_neither_yes_nor_no_rings_nobody(site, test):
    assert faults(site, test=test) == {"test": {"0": "Test must be true or left out."}}


def test_a_test_runs_through_every_rule_of_the_body(site):
    assert faults(site, test=True, email="") == {"email": {"0": "Email cannot be blank."}}


def test_a_test_of_an_unknown_type_says_so_and_stores_nothing(site):
    assert site.add(test=True, type="pets") == {"saved": False, "processed": False, "error": "Unknown Type"}
    assert not Lead.objects.exists()


def test_faults_come_before_the_type(site):
    assert faults(site, type="pets", email="") == {"email": {"0": "Email cannot be blank."}}


def test_of_an_unknown_type_a_number_that_cannot_be_read_is_kept_and_no_fault(site):
    assert site.add(type="pets", mobile="call me", other_phone="or her")["error"] == "Unknown Type"
    lead = the_lead()
    assert (lead.mobile, lead.e164, lead.other_phone, lead.other_e164) == ("call me", None, "or her", None)


def test_of_an_unknown_type_a_number_is_read_in_the_partners_region(site):
    site.add(type="pets")

    assert the_lead().e164 == "+447840258823"


def test_a_type_reads_numbers_in_its_own_region(site, kind):
    kind.default_region = "FR"
    kind.save()

    assert site.add(mobile="06 12 34 56 78") == {"saved": True, "processed": True}
    assert the_lead().e164 == "+33612345678"


def test_a_field_that_nobody_knows_is_let_be(site):
    assert site.add(utm_source="x", __proto__={"a": 1}) == {"saved": True, "processed": True}


def test_names_of_any_script_are_stored_as_they_are(site):
    site.add(first_name="Zoë", surname="Łukasz-Ó'Brien 李")

    assert str(the_lead()) == "Zoë Łukasz-Ó'Brien 李"


@pytest.mark.parametrize("path", ["add", "cancel"])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "line 1 column 1"),
        (b"{", "line 1 column 2"),
        (b'{"a":\n"b",}', "line 2 column 4"),
        (b"\xff\xfe", "line 1 column 1"),
        (b"[]", "it is an array: line 1 column 1"),
        (b'"text"', "it is a string: line 1 column 1"),
        (b"5", "it is a number: line 1 column 1"),
        (b"null", "it is null: line 1 column 1"),
        (b"true", "it is true or false: line 1 column 1"),
        (b'{"a":NaN}', "line 1 column 6"),
        (b'{"a":"\\ud800"}', "line 1 column"),
        (b'{"a":' + b"[" * 100_000, "line 1 column"),
        (b'{"a":"' + b"x" * 300_000 + b'"}', "larger than 262144 bytes"),
        (b'{"a":"' + b"x" * 11_000_000 + b'"}', "too large"),
    ],
)
def test_a_body_that_is_no_object_is_answered_with_the_place_of_the_fault(site, path, body, said):
    answer = site.post(path, body)

    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert said in answer.json()["error"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"]
)
def test_the_body_is_json_whatever_it_is_called(site, content_type):
    answer = site.post("add", orjson.dumps(JOHN), content_type=content_type)

    assert answer.json() == {"saved": True, "processed": True}


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["add", "cancel"])
def test_only_post_is_answered(site, path, method):
    answer = getattr(site.client, method)(f"/lead/{path}?key={site.secret}")

    assert (answer.status_code, answer.json()) == (405, {"error": "Only POST is allowed"})


def test_cancel_wants_type_and_number(site):
    answer = site.post("cancel", {})

    assert answer.status_code == 400
    assert answer.json() == {"type": {"0": "Type cannot be blank."}, "mobile": {"0": "Mobile cannot be blank."}}


def test_cancel_refuses_a_number_that_is_none(site):
    answer = site.post("cancel", {"type": "motor-trade", "mobile": "me"})

    assert (answer.status_code, answer.json()) == (400, {"mobile": {"0": "Mobile is not a valid phone number."}})


@pytest.mark.parametrize("test", [True, "true", 1, "1"])
def test_cancel_has_no_test_and_cancels_nothing(site, test):
    site.add()

    answer = site.post("cancel", {"type": "motor-trade", "mobile": JOHN["mobile"], "test": test})

    assert (answer.status_code, answer.json()) == (400, {"test": {"0": "Test is not available for cancel."}})
    assert the_lead().status == "scheduled"
