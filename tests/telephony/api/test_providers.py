"""Providers over HTTP (ICTCore 1.12, 1.13, 2.6)."""

import pytest

from telephony.gateways import GATEWAYS
from telephony.models import Provider
from tests.telephony.api.conftest import error_of

pytestmark = pytest.mark.django_db

TRUNK = {"name": "trunk", "type": "sip", "host": "sip.example.com", "username": "office", "password": "hunter2hunter2"}


@pytest.fixture
def office(make_user, api):
    return api(make_user(roles=["admin"]))


def test_a_provider_is_made_with_what_is_usual_for_its_type_and_read_back(office):
    pk = office.post("/api/providers", TRUNK | {"register": "1", "active": 1, "weight": "2", "prefix": 9}).json()

    row = office.get(f"/api/providers/{pk['provider_id']}").json()

    shown = {
        name: row[name] for name in ("service_flag", "gateway_flag", "port", "register", "active", "weight", "prefix")
    }
    assert shown == {
        "service_flag": 3,
        "gateway_flag": 8,
        "port": 5060,
        "register": 1,
        "active": 1,
        "weight": 2,
        "prefix": "|9",
    }
    assert not {name for name in row if "pass" in name}


@pytest.mark.parametrize(
    ("type", "service", "gateway", "port"),
    [
        ("sip", 3, 8, 5060),
        ("smpp", 4, 2, 2775),
        ("http", 4, 2, 80),
        ("smtp", 8, 4, 25),
        ("emailcmd", 8, 4, None),
        ("loopback", 15, 15, None),
    ],
)
def test_each_type_has_its_services_gateway_and_port(office, type, service, gateway, port):
    pk = office.post("/api/providers", {"name": "one", "type": type, "gateway_flag": 1}).json()["provider_id"]

    row = office.get(f"/api/providers/{pk}").json()

    assert (row["service_flag"], row["gateway_flag"], row["port"], row["active"]) == (service, gateway, port, 0)


def test_no_answer_holds_a_password(office):
    pk = office.post("/api/providers", TRUNK).json()["provider_id"]

    for answer in (
        office.get("/api/providers"),
        office.get(f"/api/providers/{pk}"),
        office.put(f"/api/providers/{pk}", {"password": "hunter3hunter3"}),
        office.put(f"/api/providers/{pk}", {"password": "hunter3\nhunter3"}),
        office.get("/api/providers?password=hunter3hunter3"),
    ):
        assert b"hunter" not in answer.content


def test_a_password_stays_unless_one_is_given_and_an_empty_one_goes(office):
    pk = office.post("/api/providers", TRUNK).json()["provider_id"]
    row = office.put(f"/api/providers/{pk}", office.get(f"/api/providers/{pk}").json() | {"description": "x"}).json()

    assert row["description"] == "x"
    assert Provider.objects.get(pk=pk).password == TRUNK["password"]
    office.put(f"/api/providers/{pk}", {"password": ""})
    assert Provider.objects.get(pk=pk).password == ""


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"type": "sendmail"}, "type"),
        ({"type": None}, "type"),
        ({"name": "two words"}, "name"),
        ({"name": "taken"}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"host": "https://sip.example.com"}, "host"),
        ({"host": "a\r\nb"}, "host"),
        ({"host": "x" * 129}, "host"),
        ({"port": 0}, "port"),
        ({"port": "٥"}, "port"),
        ({"port": 10**30}, "port"),
        ({"service_flag": 8}, "service_flag"),
        ({"service_flag": -1}, "service_flag"),
        ({"service_flag": 1.5}, "service_flag"),
        ({"prefix": "0/44"}, "prefix"),
        ({"prefix": ["0|44"]}, "prefix"),
        ({"password": "a\nb"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"username": {"a": 1}}, "username"),
        ({"active": 2}, "active"),
        ({"register": "maybe"}, "register"),
        ({"weight": -1}, "weight"),
        ({"max_starts": 0}, "max_starts"),
        ({"options": []}, "options"),
        ({"options": {"encryption": "tls"}}, "options"),
        ({"options": {"give_up_after": 10**400}}, "not valid JSON"),
        ({"settings": "a\0b"}, "settings"),
    ],
)
def test_a_bad_value_is_412_and_named(office, given, field):
    office.post("/api/providers", {"name": "taken", "type": "loopback"})

    answer = office.post("/api/providers", TRUNK | given)

    assert answer.status_code == 412
    assert field in error_of(answer)
    assert Provider.objects.count() == 1


def test_a_type_stays(office):
    pk = office.post("/api/providers", TRUNK).json()["provider_id"]

    answer = office.put(f"/api/providers/{pk}", {"type": "smtp"})

    assert answer.status_code == 412
    assert error_of(answer).startswith("type")
    assert office.put(f"/api/providers/{pk}", {"type": "sip"}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("name=TRUNK", {"trunk"}),
        ("name=tru", set()),
        ("host=sip.example.com", {"trunk"}),
        ("type=loopback", {"sandbox"}),
        ("active=1", {"sandbox"}),
        ("active=0", {"trunk"}),
        ("active=7", set()),
        ("node_id=4", {"trunk"}),
        ("service_flag=3", {"trunk", "sandbox"}),
        ("service_flag=8", {"sandbox"}),
        ("provider_id={pk}", {"trunk"}),
        ("gateway_flag=8", {"trunk"}),
        ("gateway_flag=15", {"sandbox"}),
        ("gateway_flag=1", set()),
        ("port=5061", {"trunk"}),
        ("username=OFFICE", {"trunk"}),
        ("dialstring=sofia/x", {"trunk"}),
        ("prefix=0|44", {"trunk"}),
        ("settings=a%3Db", {"trunk"}),
        ("register=1", {"trunk"}),
        ("weight=7", {"trunk"}),
        ("password=hunter2hunter2", {"trunk", "sandbox"}),
    ],
)
def test_a_list_can_be_filtered(office, asked, found):
    more = {"node_id": 4, "port": 5061, "prefix": "0|44", "settings": "a=b", "register": 1, "weight": 7}
    pk = office.post("/api/providers", TRUNK | more | {"dialstring": "sofia/x"}).json()["provider_id"]
    office.post("/api/providers", {"name": "sandbox", "type": "loopback", "active": 1})

    assert {row["name"] for row in office.get("/api/providers?" + asked.format(pk=pk)).json()} == found


def test_providers_are_shared_by_those_who_may_see_them_and_no_business_of_the_role_user(
    office, holder_of, make_user, api
):
    pk = office.post("/api/providers", TRUNK).json()["provider_id"]

    assert api(holder_of("provider_read")).get(f"/api/providers/{pk}").json()["name"] == "trunk"
    user = api(make_user(roles=["user"]))
    assert user.get("/api/providers").status_code == user.get(f"/api/providers/{pk}").status_code == 403


def test_a_provider_is_deleted(office):
    pk = office.post("/api/providers", TRUNK).json()["provider_id"]

    assert office.delete(f"/api/providers/{pk}").content == b""
    assert office.get(f"/api/providers/{pk}").status_code == 404


def test_an_active_provider_is_used_at_once_and_one_without_gateway_never(office, client, world, loopback, monkeypatch):
    monkeypatch.delitem(GATEWAYS, "smpp")
    office.put(f"/api/providers/{loopback.pk}", {"active": 0})
    office.post("/api/providers", {"name": "smsc", "type": "smpp", "host": "192.0.2.7", "active": 1})
    send = f"/api/transmissions/{world.transmission.pk}/send"

    assert client.post(send).status_code == 404
    office.put(f"/api/providers/{loopback.pk}", {"active": 1})
    assert client.post(send).status_code == 200
