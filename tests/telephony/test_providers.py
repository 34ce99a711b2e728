"""Providers, and the rules by which they rewrite a number."""

import pytest
from django.utils import timezone

from access.refusals import Invalid, NotFound, NotReady
from telephony.engine.routing import apply_prefix, candidates, takes
from telephony.gateways import GATEWAYS
from telephony.models import Provider, Spool
from telephony.selectors import why_no_provider
from telephony.services import contacts, programs, providers, transmissions
from tests.conftest import new_user
from tests.support.standing import standing


@standing
def user():
    return new_user()


@pytest.fixture
def loopback(user):
    return providers.create_provider(owner=user, type="loopback", name="sandbox", active=True)


@pytest.mark.parametrize(
    ("type", "flag", "port"),
    [
        ("loopback", 15, None),
        ("smtp", 8, 25),
        ("emailcmd", 8, None),
        ("sip", 3, 5060),
        ("smpp", 4, 2775),
        ("http", 4, 80),
    ],
)
def test_services_and_port_are_those_of_the_type(user, type, flag, port):
    provider = providers.create_provider(owner=user, type=type, name="one")
    assert (provider.service_flag, provider.port, provider.active) == (flag, port, False)


def test_a_provider_is_never_without_a_service(user):
    assert providers.create_provider(owner=user, type="smtp", name="one", service_flag=0).service_flag == 8
    assert providers.create_provider(owner=user, type="loopback", name="two", service_flag=4).service_flag == 4


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"type": "pigeon"}, "type"),
        ({"name": ""}, "name"),
        ({"name": "with space"}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "<gateway/>"}, "name"),
        ({"host": "http://sip.example.com"}, "host"),
        ({"host": "sip.example.com:5060"}, "host"),
        ({"host": "sip.example.com/x"}, "host"),
        ({"host": "user@sip.example.com"}, "host"),
        ({"host": "sip.example.com\r\nX: y"}, "host"),
        ({"host": "sip example"}, "host"),
        ({"host": "-a.example.com"}, "host"),
        ({"host": "fe80::1%eth0"}, "host"),
        ({"username": "a\nb"}, "username"),
        ({"password": "a\r\nb"}, "password"),
        ({"dialstring": "{a}\n"}, "dialstring"),
        ({"type": "sip", "active": True}, "host"),
        ({"type": "sip", "service_flag": 4}, "service_flag"),
        ({"type": "smpp", "service_flag": 1}, "service_flag"),
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"name": "x" * 129}, "name"),
        ({"type": "smtp", "service_flag": 1}, "service_flag"),
        ({"service_flag": 16}, "service_flag"),
        ({"service_flag": "four"}, "service_flag"),
        ({"port": -1}, "port"),
        ({"max_starts": 0}, "max_starts"),
        ({"prefix": "+44"}, "prefix"),
        ({"prefix": "0|44,"}, "prefix"),
        ({"prefix": "0|44|1"}, "prefix"),
        ({"prefix": "a|b"}, "prefix"),
        ({"options": []}, "options"),
        ({"options": {"outcome": {}}}, "options"),
        ({"options": {"outcomes": {}}}, "options"),
        ({"options": {"outcomes": {"explodes": 1}}}, "options"),
        ({"options": {"outcomes": {"busy": 0}}}, "options"),
        ({"options": {"outcomes": {"busy": True}}}, "options"),
        ({"options": {"outcomes": {"busy": float("inf")}}}, "options"),
        ({"options": {"keys": {"answer": {}}}}, "options"),
        ({"options": {"keys": {"answer": {"yes": 1}}}}, "options"),
        ({"options": {"keys": {"answer": {"1": 0}}}}, "options"),
        ({"options": {"keys": [{"1": 1}]}}, "options"),
        ({"options": {"replies": {"Reply": "1"}}}, "options"),
        ({"options": {"replies": {"": {"1": 1}}}}, "options"),
        ({"options": {"replies": {"Reply": {"1": 0}}}}, "options"),
        ({"options": {"latency": [3, 1]}}, "options"),
        ({"options": {"latency": "1"}}, "options"),
        ({"options": {"give_up_after": -1}}, "options"),
        ({"options": {"give_up_after": 10**9}}, "options"),
        ({"options": {"encryption": "tls"}}, "options"),
        ({"type": "smtp", "options": {"encryption": "rot13"}}, "options"),
        ({"color": "red"}, "color"),
    ],
)
def test_a_bad_provider_is_refused_and_named(user, fields, field):
    with pytest.raises(Invalid) as refusal:
        providers.create_provider(owner=user, **{"type": "loopback", "name": "one", **fields})
    assert refusal.value.field == field
    assert not Provider.objects.exists()


@pytest.mark.parametrize("host", ["sip.example.com", "localhost", "192.0.2.7", "2001:db8::7", "a_b.example.com.", ""])
def test_a_host_is_a_name_or_an_address(user, host):
    assert providers.create_provider(owner=user, type="sip", name="trunk", host=f" {host} ").host == host


def test_a_number_as_prefix_is_put_before_every_number(user):
    provider = providers.create_provider(owner=user, type="sip", name="trunk", prefix=9)

    assert provider.prefix == "|9"
    assert apply_prefix(provider.prefix, "+442079460123") == "9442079460123"


def test_a_provider_whose_gateway_is_not_there_is_stored_and_never_chosen(user, monkeypatch):
    for type in Provider.Type.values:
        monkeypatch.delitem(GATEWAYS, type, raising=False)
    trunk = providers.create_provider(owner=user, type="sip", name="trunk", host="192.0.2.7", active=True)

    assert candidates(1) == []
    assert why_no_provider(1) == "Provider trunk is not used: there is no gateway for type sip yet."
    assert why_no_provider(4) == "No active provider carries this kind of program."
    with pytest.raises(NotReady, match="no gateway"):
        providers.check_provider(provider=trunk)


@pytest.mark.parametrize(
    "options",
    [
        {"outcomes": {"busy": 1, "answered": 2.5}, "latency": [0, 2], "give_up_after": 5},
        {"keys": {"answer": {"1": 8, "": 2}, "age": "22"}},
        {"replies": {"Reply 1": {"YES": 0.6, "": 0.4}}},
        {},
    ],
)
def test_the_settings_of_a_gateway_are_kept(user, options):
    provider = providers.create_provider(owner=user, type="loopback", name="one", options=options)
    provider.refresh_from_db()
    assert provider.options == options


def test_a_name_is_taken_once(user, loopback):
    with pytest.raises(Invalid):
        providers.create_provider(owner=user, type="loopback", name="sandbox")


def test_an_update_keeps_type_and_password(user):
    provider = providers.create_provider(
        owner=user, type="smtp", name="mail", host="mail.example.com", password="secret"
    )
    providers.update_provider(provider=provider, by=user, weight=3, type="smtp")
    provider.refresh_from_db()
    assert (provider.weight, provider.password) == (3, "secret")
    with pytest.raises(Invalid):
        providers.update_provider(provider=provider, by=user, type="loopback")
    with pytest.raises(Invalid):
        providers.update_provider(provider=provider, by=user, prefix="0/44")


def test_a_provider_is_deleted_while_it_has_carried_nothing(user, loopback):
    providers.delete_provider(provider=loopback, by=user)
    assert not Provider.objects.exists()
    with pytest.raises(NotFound):
        providers.update_provider(provider=loopback, by=user, weight=2)


@pytest.mark.parametrize(("status", "reason"), [("started", "under way"), ("completed", "carried attempts")])
def test_a_provider_with_attempts_is_kept(user, loopback, status, reason):
    program = programs.create_program(type="voicetts", owner=user, text="Hello.")
    contact = contacts.create_contact(owner=user, phone="2025550123")
    transmission = transmissions.create_transmission(owner=user, program=program, contact=contact)
    ended = timezone.now() if status == "completed" else None
    Spool.objects.create(
        transmission=transmission,
        provider=loopback,
        service_flag=1,
        status=status,
        destination="+1",
        content=[],
        time_end=ended,
    )
    with pytest.raises(NotReady, match=reason):
        providers.delete_provider(provider=loopback, by=user)
    assert Provider.objects.exists()


@pytest.mark.parametrize(
    ("rules", "number", "dialled"),
    [
        ("", "+442079460123", "+442079460123"),
        ("44|0", "+442079460123", "02079460123"),
        ("44|0", "442079460123", "02079460123"),
        ("+44|0", "+442079460123", "02079460123"),
        ("+44|0", "442079460123", "442079460123"),
        ("44|", "+442079460123", "2079460123"),
        ("|9", "+442079460123", "9442079460123"),
        ("1|9, 44|0 ,4|x", "+442079460123", "02079460123"),
        ("4|7,44|0", "+442079460123", "742079460123"),
        ("33|0", "+442079460123", "+442079460123"),
    ],
)
def test_the_first_rule_that_matches_rewrites_the_number(rules, number, dialled):
    assert apply_prefix(rules, number) == dialled


@pytest.mark.parametrize(("rules", "taken"), [("", True), ("44|0", True), ("33|0", False), ("33|0,|9", True)])
def test_a_provider_takes_the_numbers_that_its_rules_match(rules, taken):
    assert takes(rules, "+442079460123") is taken
