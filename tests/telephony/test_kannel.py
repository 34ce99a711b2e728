"""The Kannel gateway against a Kannel that answers over real HTTP: out, reports, in."""

import base64
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from telephony.flow import SendText
from telephony.gateways import gsm, kannel
from telephony.gateways.base import Accepted, Attempt, CannotSay, Finished, GatewayAway, Refused
from telephony.models import Arrival, Contact, DoNotCall, Program, Provider, Result, Spool, Text, Transmission
from telephony.programs.rendering import Message
from telephony.services import opt_outs, programs, transmissions
from tests.support.noise import noise
from tests.telephony.kannel_stand import Stand, standing

GATEWAY = kannel.Kannel()
ANN = "+12025550123"
through_the_engine = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stand(settings: Any) -> Iterator[Stand]:
    with standing() as here:
        settings.KANNEL = settings.KANNEL | {
            "url": f"{here.url}/cgi-bin/sendsms",
            "status_url": f"{here.url}/status.xml",
            "password": "right",
            "callback_url": "http://127.0.0.1:8000",
        }
        yield here


@pytest.fixture
def trunk() -> Provider:
    return Provider(name="trunk", type="smpp", service_flag=4, host="smsc.example", port=2775, active=True)


def attempt(body: str, to: str = ANN, source: str = "+12025550199", **step: Any) -> Attempt:
    return Attempt(uuid4(), 4, source, to, Message((SendText(body, **step),)).render({}))


def submit(provider: Provider, *attempts: Attempt) -> list:
    return list(GATEWAY.submit(provider, attempts))


def test_a_text_is_handed_in_with_its_number_trunk_and_signed_address_for_reports(stand, trunk):
    sent = attempt("Hello Ann")
    assert submit(trunk, sent) == [Accepted(sent.reference)]
    headers, body = stand.texts[0]
    assert body == b"Hello Ann"
    assert (headers["x-kannel-to"], headers["x-kannel-from"]) == (ANN, "+12025550199")
    assert (headers["x-kannel-smsc"], headers["x-kannel-dlr-mask"]) == ("trunk", "31")
    assert headers["x-kannel-dlr-url"].startswith(f"http://127.0.0.1:8000/carriers/kannel/report/{sent.reference}/")
    assert "right" not in headers["x-kannel-dlr-url"]


@pytest.mark.parametrize(
    ("body", "step", "coding", "mclass"),
    [
        ("Grüße £5 €", {}, "0", "1"),
        ("Привет", {}, "2", "1"),
        ("plain", {"encoding": 2, "charset": "UTF-16BE"}, "2", "1"),
        ("\x01\xff", {"encoding": 1, "charset": "ISO-8859-1"}, "1", "1"),
        ("now", {"message_class": 8}, "0", "0"),
        ("now", {"message_class": 4}, "0", "3"),
        ("now", {"message_class": 2}, "0", "2"),
        ("now", {"message_class": 0}, "0", None),
    ],
)
def test_alphabet_and_class_are_said_as_kannel_counts_them(stand, trunk, body, step, coding, mclass):
    submit(trunk, attempt(body, **step))
    headers, content = stand.texts[0]
    assert (headers["x-kannel-coding"], headers.get("x-kannel-mclass")) == (coding, mclass)
    assert content == (body.encode("latin-1") if coding == "1" else body.encode())


def test_a_text_of_ten_messages_goes_and_a_longer_one_is_refused_in_words(stand, trunk):
    fits, too_long = attempt("x" * 1530), attempt("x" * 1531)
    yes, no = submit(trunk, fits, too_long)
    assert isinstance(yes, Accepted)
    assert (no.ok, no.cause, no.response) == (False, "rejected", "the text needs 11 messages; 10 is the most")
    assert len(stand.texts) == 1


def test_messages_are_counted_as_phones_put_them_together():
    assert [gsm.parts_of_gsm("x" * n) for n in (0, 160, 161, 306, 307)] == [1, 1, 2, 2, 3]
    assert [gsm.parts_of_gsm("€" * n) for n in (80, 81, 152, 153)] == [1, 2, 2, 3]  # no half of a pair
    assert [gsm.parts_of_unicode("Ж" * n) for n in (70, 71, 134, 135)] == [1, 2, 2, 3]
    assert gsm.parts_of_unicode("🙂" * 36) == 2


def test_many_texts_go_over_one_connection(stand, trunk):
    submit(trunk, *(attempt(f"text {n}") for n in range(20)))
    assert (len(stand.texts), stand.connections) == (20, 1)


def test_a_refusal_is_definite_and_a_cut_connection_is_in_doubt(stand, trunk):
    stand.answers = {"+12025550001": (403, "Not routable. Do not try again."), "+12025550002": "cut"}
    stand.answers["+12025550003"] = (500, "?")
    refused, doubt, unclear, fine = (attempt("x", f"+1202555000{n}") for n in (1, 2, 3, 4))
    answers = submit(trunk, refused, doubt, unclear, fine)
    assert answers == [Refused(refused.reference, "403 Not routable. Do not try again."), Accepted(fine.reference)]
    assert list(GATEWAY.lookup(trunk, [doubt.reference])) == [CannotSay(doubt.reference)]


def test_a_kannel_that_is_not_there_took_nothing(settings, trunk):
    with socket.socket() as silent:  # bound, but nobody listens
        silent.bind(("127.0.0.1", 0))
        settings.KANNEL = settings.KANNEL | {"url": f"http://127.0.0.1:{silent.getsockname()[1]}/cgi-bin/sendsms"}
        with pytest.raises(GatewayAway, match="Connection refused"):
            submit(trunk, attempt("x"))
        assert "cannot be reached" in GATEWAY.check(trunk)[0]


def test_without_reports_acceptance_is_the_outcome_and_none_is_asked_for(stand, trunk):
    trunk.options = {"reports": False}
    [answer] = submit(trunk, attempt("x"))
    assert (answer.ok, answer.cause, answer.amount) == (True, "accepted", 1)
    assert "x-kannel-dlr-mask" not in stand.texts[0][0]


def test_senders_are_numbers_or_short_names_and_an_option_puts_another_in_place(stand, trunk):
    submit(trunk, attempt("x", source="(202) 555-0199"), attempt("x", source="Coachhouse"))
    [no] = submit(trunk, attempt("x", source="Coachhouse of London"))
    assert [headers["x-kannel-from"] for headers, _ in stand.texts] == ["2025550199", "Coachhouse"]
    assert (no.ok, "at most 11" in no.response) == (False, True)
    trunk.options = {"sender": "HOUSE"}
    submit(trunk, attempt("x"))
    assert stand.texts[-1][0]["x-kannel-from"] == "HOUSE"


HOSTILE = ["\r\nX-Kannel-To: +449", "+1\nX: y", "a\0b", "%0d%0a", "é", "+1202555\u20280123", "'; --", "${x}", "+1 2,+3"]


KNOWN = {
    *("host", "accept-encoding", "content-length", "content-type", "user-agent", "x-kannel-username"),
    *("x-kannel-password", "x-kannel-to", "x-kannel-from", "x-kannel-smsc", "x-kannel-mclass"),
    *("x-kannel-dlr-mask", "x-kannel-dlr-url", "x-kannel-coding"),
}


@pytest.mark.parametrize("evil", HOSTILE)
def test_no_number_sender_or_text_becomes_a_header_of_its_own(stand, trunk, evil):
    submit(trunk, attempt("x", to=evil), attempt("x", source=evil), attempt(evil))
    assert len(stand.texts) >= 1
    for headers, _ in stand.texts:
        assert headers["x-kannel-to"] == ANN
        assert set(headers) <= KNOWN
    assert stand.texts[-1][1] == evil.encode()


def test_random_numbers_senders_and_texts_stay_what_they_are(stand, trunk):
    for text in noise(200):
        submit(trunk, attempt("x", to=text), attempt("x", source=text), attempt(text))
        assert stand.texts[-1][0]["x-kannel-to"] == ANN
    for headers, body in stand.texts:
        assert set(headers) <= KNOWN
        assert kannel.RECEIVER.fullmatch(headers["x-kannel-to"])
        assert kannel.SENDER.fullmatch(headers.get("x-kannel-from", "0"))
        assert body


def test_check_says_what_is_wrong_in_words(stand, trunk, settings):
    assert GATEWAY.check(trunk) == []
    assert stand.texts == []  # nothing was sent
    stand.status = "re-connecting"
    assert GATEWAY.check(trunk) == ["Kannel's connection to trunk is re-connecting"]
    trunk.name = "other"
    assert "no SMSC named other" in GATEWAY.check(trunk)[0]
    settings.KANNEL = settings.KANNEL | {"password": "wr0ng"}
    [problem] = GATEWAY.check(trunk)
    assert "refused the user 'coachhouse'" in problem
    assert "wr0ng" not in problem


# --- through the engine and the door


@pytest.fixture
def sent(db: Any, owner, stand, trunk, engine) -> Spool:
    """A text that Kannel has accepted."""
    trunk.save()
    text = Text.objects.create(owner=owner, name="t", data="Hello [transmission:contact:first_name]")
    program = programs.create_program(type="sendsms", owner=owner, text_id=text.pk)
    contact = Contact.objects.create(owner=owner, first_name="Ann", phone=ANN, e164=ANN)
    row = transmissions.create_transmission(owner=owner, program=program, contact=contact)
    transmissions.make_due(transmission=row)
    engine.dial_singles()
    return Spool.objects.get()


def report(api: Any, stand: Stand, kind: int, answer: str = "", **changed: str) -> Any:
    address = urlsplit(stand.texts[-1][0]["x-kannel-dlr-url"]).path
    for old, new in changed.items():
        address = address.replace(old, new)
    return api().get(address, {"type": kind, "answer": answer})


def outcome() -> tuple[str, str, str]:
    spool = Spool.objects.get()
    return spool.status, spool.cause, spool.transmission.status


@through_the_engine
def test_an_accepted_text_waits_for_its_report(sent, stand):
    assert outcome() == ("started", "", "processing")
    assert stand.texts[0][1] == b"Hello Ann"


@through_the_engine
@pytest.mark.parametrize(
    ("kinds", "end"),
    [
        ([1], ("completed", "delivered", "completed")),
        ([8], ("completed", "accepted", "completed")),
        ([8, 1], ("completed", "delivered", "completed")),
        ([1, 8], ("completed", "delivered", "completed")),
        ([4], ("started", "", "processing")),
        ([2], ("failed", "undelivered", "failed")),
        ([8, 2], ("failed", "undelivered", "failed")),
        ([1, 2], ("completed", "delivered", "completed")),
        ([16], ("failed", "rejected", "failed")),
        ([2, 1], ("failed", "undelivered", "failed")),
        ([8, 8, 4, 1, 1], ("completed", "delivered", "completed")),
    ],
)
def test_reports_settle_the_attempt_in_any_order(sent, stand, api, kinds, end):
    for kind in kinds:
        assert report(api, stand, kind).status_code == 200
    assert outcome() == end
    results = Result.objects.filter(type="application").values_list("name", "data")
    expected = {"completed": [("sms_send", "success")], "failed": [("sms_send", "error")], "started": []}
    assert list(results) == expected[end[0]]


@through_the_engine
def test_a_carriers_words_are_kept_and_shown(sent, stand, api):
    report(api, stand, 2, "NACK/0x45\r\nabsent subscriber")
    row = Transmission.objects.get()
    assert (row.status, row.response) == ("failed", "NACK/0x45 absent subscriber")


@through_the_engine
def test_a_report_is_believed_only_with_the_signature_of_its_attempt(sent, stand, api):
    other = str(uuid4())
    signature = kannel.signature_of(sent.reference)
    assert report(api, stand, 1, **{signature: "0" * 40}).status_code == 412
    assert report(api, stand, 1, **{str(sent.reference): other}).status_code == 412
    assert report(api, stand, 3).status_code == 412
    assert api().get(urlsplit(stand.texts[-1][0]["x-kannel-dlr-url"]).path, {"type": "x"}).status_code == 412
    assert outcome() == ("started", "", "processing")


@through_the_engine
def test_a_text_that_its_carrier_did_not_bring_is_tried_again_where_tries_are_left(sent, stand, api):
    Transmission.objects.update(try_allowed=2)
    report(api, stand, 8)
    report(api, stand, 2)
    row = Transmission.objects.get()
    assert (row.status, row.due_at is not None) == ("pending_retry", True)


# --- in


def bring(api: Any, body: bytes, key: str = "", password: str | None = None, **headers: str) -> Any:
    pair = base64.b64encode(f"kannel:{kannel.inbound_password() if password is None else password}".encode()).decode()
    usual = {
        "HTTP_X_KANNEL_FROM": ANN,
        "HTTP_X_KANNEL_TO": "12025550199",
        "HTTP_X_KANNEL_SMSC": "trunk",
        "HTTP_AUTHORIZATION": f"Basic {pair}",
    }
    address = "/carriers/kannel/inbound" + (f"?id={key}" if key else "")
    kind = headers.pop("content_type", 'text/plain; charset="UTF-8"')
    return api().generic("POST", address, body, content_type=kind, **{**usual, **headers})


@pytest.fixture
def waiting(owner) -> Program:
    """A program that keeps what is sent to the owner's number."""
    account = owner_account(owner)
    return programs.create_program(type="receivesms", owner=owner, account_id=account.pk)


def owner_account(owner):
    from telephony.services.accounts import default_account

    return default_account(user=owner)


def test_a_text_that_comes_in_is_stored_with_its_results(owner, waiting, api):
    answer = bring(api, "Grüße".encode(), key="one")
    assert (answer.status_code, answer.content) == (200, b"")
    row = Transmission.objects.get()
    assert (row.direction, row.origin, row.status, row.owner) == ("inbound", "receivesms", "completed", owner)
    assert (row.account, row.contact.e164) == (owner_account(owner), ANN)
    text = Text.objects.get()
    assert (text.data, text.owner) == ("Grüße", owner)
    results = set(Result.objects.values_list("type", "name", "data"))
    assert results == {
        ("application", "sms_receive", "success"),
        ("message", "text", str(text.pk)),
        ("contact", "contact_new", str(row.contact_id)),
    }


def test_a_text_told_twice_is_stored_once_and_a_known_sender_is_no_new_contact(owner, waiting, api):
    known = Contact.objects.create(owner=owner, first_name="Ann", phone="202 555 0123", e164=ANN)
    for _ in range(2):
        assert bring(api, b"hello", key="one").status_code == 200
    assert bring(api, b"hello", key="two", HTTP_X_KANNEL_FROM="12025550123").status_code == 200
    assert (Text.objects.count(), Transmission.objects.count(), Contact.objects.get()) == (2, 2, known)
    assert not Result.objects.filter(name="contact_new").exists()


def test_unicode_and_unknown_character_sets_are_read(waiting, api):
    bring(api, "Привет".encode("utf-16-be"), content_type='text/plain; charset="UTF-16BE"')
    bring(api, "Grüße".encode(), content_type="text/plain; charset=martian")
    bring(api, b"\x01\xff\x00", content_type="application/octet-stream")
    assert list(Text.objects.order_by("pk").values_list("data", flat=True)) == ["Привет", "Grüße", "\x01ÿ"]


def test_a_text_nobody_waits_for_is_refused_and_recorded(owner, api):
    answer = bring(api, b"hello", key="one")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 404)
    arrival = Arrival.objects.get()
    assert (arrival.problem, arrival.text, arrival.transmission) == ("no program waits for it", "hello", None)
    assert not Text.objects.exists()


def test_100_does_not_find_2100(owner, waiting, api):
    assert bring(api, b"x", HTTP_X_KANNEL_TO="2025550199").status_code == 200
    assert bring(api, b"x", HTTP_X_KANNEL_TO="5550199").status_code == 404
    assert bring(api, b"x", HTTP_X_KANNEL_TO="912025550199").status_code == 404


def test_a_program_without_account_takes_what_comes_to_accounts_of_its_owner_only(owner, make_user, api):
    programs.create_program(type="receivesms", owner=owner)
    make_user(phone="+12025550177")
    assert bring(api, b"x").status_code == 200
    assert bring(api, b"x", HTTP_X_KANNEL_TO="+12025550177").status_code == 404
    assert "no account has the destination" in Arrival.objects.latest("pk").problem


@pytest.mark.parametrize("password", ["", "wrong", "é"])
def test_only_kannel_may_bring_texts(waiting, api, password):
    assert bring(api, b"x", password=password).status_code == 401
    assert bring(api, b"x", HTTP_AUTHORIZATION="Basic !!").status_code == 401
    assert not Arrival.objects.exists()


def test_a_sender_is_needed(waiting, api):
    answer = bring(api, b"x", HTTP_X_KANNEL_FROM="")
    assert (answer.status_code, "sender is missing" in answer.json()["error"]["message"]) == (412, True)
    assert not Arrival.objects.exists()


def test_stop_puts_its_sender_on_the_do_not_call_list_and_start_takes_it_off(api, owner):
    bring(api, b" Stop. ", key="1")  # also where no program waits
    listed = DoNotCall.objects.get()
    assert (listed.number, listed.source) == (12025550123, opt_outs.BY_TEXT)
    bring(api, b"please stop calling me now", key="2")
    bring(api, b"START", key="3")
    assert not DoNotCall.objects.exists()


def test_start_does_not_undo_what_somebody_else_listed(api, owner):
    DoNotCall.objects.create(number=12025550123, source="staff")
    bring(api, b"STOP", key="1")
    bring(api, b"START", key="2")
    assert DoNotCall.objects.get().source == "staff"


@through_the_engine
def test_after_stop_nothing_goes_out_any_more(sent, stand, api, owner, engine):
    bring(api, b"STOP", key="1")
    row = transmissions.create_transmission(
        owner=owner, program=sent.transmission.program, contact=sent.transmission.contact
    )
    transmissions.make_due(transmission=row)
    engine.dial_singles()
    row.refresh_from_db()
    assert (row.status, row.response) == ("invalid", "on the do-not-call list")
    assert len(stand.texts) == 1


@pytest.mark.parametrize("evil", ["'; DROP TABLE--", "\u202e123", "x" * 500, "+1202555\u00000123"])
def test_strange_senders_and_texts_are_kept_or_refused_and_never_an_error(waiting, api, evil):
    name = evil.replace("\0", "").encode().decode("latin-1")
    assert bring(api, evil.encode(), HTTP_X_KANNEL_FROM=name).status_code in (200, 412)


def test_two_programs_on_one_pattern_are_a_refusal_that_names_the_other(owner, waiting):
    from access.refusals import Invalid

    with pytest.raises(Invalid, match=f"receivesms \\({waiting.pk}\\) waits for .12025550199 already"):
        programs.create_program(type="receivesms", owner=owner, account_id=owner_account(owner).pk)


def test_the_gateway_reports_nothing_that_it_does_not_understand():
    assert kannel.report_of(uuid4(), 4, "") is None
    assert kannel.report_of(uuid4(), 64, "") is None
    assert isinstance(kannel.report_of(uuid4(), 1, ""), Finished)
