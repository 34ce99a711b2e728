"""Lists: bare arrays, a fixed number of queries, pages of ours, long ones in pieces (ICTCore 1.1)."""

import json
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access import services as access
from access.api.resources import ResourceViewSet
from telephony.models import Account, Attachment, Contact, GroupMember, Result, Spool
from telephony.services import (
    accounts,
    campaigns,
    contacts,
    documents,
    messages,
    programs,
    providers,
    schedules,
    transmissions,
)
from tests.telephony.api.conftest import error_of, streamed

pytestmark = pytest.mark.django_db


def more(world, kind, count):
    """Make more rows of a kind."""
    by, program = world.owner, world.program
    for number in range(count):
        name = f"more {number}"
        if kind in ("contacts", "members"):
            contact = contacts.create_contact(owner=by, first_name=name, phone=f"+44770090{number:04}")
            if kind == "members":
                contacts.link_contact(contact=contact, group=world.group, by=by)
        elif kind == "accounts":
            accounts.create_account(owner=by, type="extension", username=f"{20_000 + Account.objects.count()}")
        elif kind == "groups":
            group = contacts.create_group(owner=by, name=name)
            contacts.link_contact(contact=world.contact, group=group, by=by)
        elif kind == "texts":
            messages.create_text(owner=by, name=name, data=name)
        elif kind == "documents":
            documents.create_document(owner=by, name=name)
        elif kind == "recordings":
            messages.create_recording(owner=by, name=name)
        elif kind == "templates":
            template = messages.create_template(owner=by, name=name, subject=name, body=name)
            Attachment.objects.create(template=template, file="x", name="x", content_type="text/plain", size=1)
        elif kind == "programs":
            programs.create_program(type="sendsms", owner=by, text_id=world.text.pk)
        elif kind == "transmissions":
            transmissions.create_transmission(owner=by, program=program, phone=f"+44770090{number:04}")
        elif kind == "dids":
            accounts.create_account(owner=by, type="did", phone=f"+1202557{Account.objects.count():04}")
        elif kind in ("attempts", "calls"):
            Spool.objects.create(
                transmission=world.transmission,
                service_flag=4 if kind == "attempts" else 1,
                destination="+1",
                content=[],
                status="failed",
                cause="busy",
                time_end="2026-01-01T00:00Z",
            )
        elif kind == "results":
            Result.objects.create(spool=world.spool, type="info", name=name)
        elif kind == "schedules":
            schedules.schedule_transmission(transmission=world.transmission, by=by, delay=60)
        elif kind == "campaign schedules":
            schedules.schedule_campaign(campaign=world.campaign, by=by, action="start", delay=60)
        elif kind in ("users", "roles", "permissions", "providers", "held roles", "held permissions", "kept"):
            more_of_the_house(world, kind, f"spare{uuid4().hex[:8]}")
        elif kind == "campaigns":
            campaign = campaigns.create_campaign(owner=by, program=program, group=world.group)
            campaigns.start_campaign(campaign=campaign, by=by)


def more_of_the_house(world, kind, name):
    by = world.owner
    if kind == "users":
        access.create_user(username=name, email=f"{name}@example.com")
    elif kind == "providers":
        providers.create_provider(owner=by, type="loopback", name=name)
    elif kind in ("roles", "held roles"):
        role = access.create_role(name=name, by=None, permissions=[world.permission])
        by.roles.add(*[role] if kind == "held roles" else [])
    else:
        permission = access.create_permission(name=f"{name}_read", by=None)
        by.permissions.add(*[permission] if kind == "held permissions" else [])
        world.role.permissions.add(*[permission] if kind == "kept" else [])


LISTS = [
    ("dids", "dids"),
    ("users", "users"),
    ("roles", "roles"),
    ("permissions", "permissions"),
    ("providers", "providers"),
    ("users/{owner}/roles", "held roles"),
    ("users/{owner}/permissions", "held permissions"),
    ("roles/{role}/permissions", "kept"),
    ("cdr", "calls"),
    ("campaigns/{campaign}/schedule", "campaign schedules"),
    ("accounts", "accounts"),
    ("extensions", "accounts"),
    ("fpbx_extensions", "accounts"),
    ("users/{owner}/accounts", "accounts"),
    ("contacts", "contacts"),
    ("groups/{group}/contacts", "members"),
    ("groups", "groups"),
    ("texts", "texts"),
    ("documents", "documents"),
    ("recordings", "recordings"),
    ("templates", "templates"),
    ("programs", "programs"),
    ("programs/sendsms", "programs"),
    ("programs/{program}/transmissions", "transmissions"),
    ("transmissions", "transmissions"),
    ("smses", "transmissions"),
    ("transmissions/{transmission}/detail", "attempts"),
    ("transmissions/{transmission}/result", "results"),
    ("spools/{spool}/result", "results"),
    ("campaigns", "campaigns"),
    ("schedules", "schedules"),
    ("transmissions/{transmission}/schedule", "schedules"),
]


@pytest.mark.parametrize(("path", "kind"), LISTS)
def test_two_rows_and_twenty_cost_the_same(root, world, path, kind):
    address = "/api/" + path.format(**{name: getattr(row, "pk", row) for name, row in vars(world).items()})

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            rows = root.get(address).json()
        return len(rows), len(queries)

    more(world, kind, 2)
    few, cost_of_few = cost()
    more(world, kind, 20)
    many, cost_of_many = cost()

    assert many == few + 20
    assert cost_of_many == cost_of_few <= 6


@pytest.mark.parametrize(("path", "kind"), LISTS)
def test_a_row_of_a_list_is_the_whole_object(root, world, path, kind):
    singles = {
        "contacts": ("contacts", "contact_id"),
        "members": ("contacts", "contact_id"),
        "groups": ("groups", "group_id"),
        "texts": ("texts", "text_id"),
        "documents": ("documents", "document_id"),
        "recordings": ("recordings", "recording_id"),
        "templates": ("templates", "template_id"),
        "programs": ("programs", "program_id"),
        "transmissions": ("transmissions", "transmission_id"),
        "campaigns": ("campaigns", "campaign_id"),
        "schedules": ("schedules", "schedule_id"),
        "campaign schedules": ("schedules", "schedule_id"),
        "users": ("users", "user_id"),
        "roles": ("roles", "role_id"),
        "held roles": ("roles", "role_id"),
        "permissions": ("permissions", "permission_id"),
        "providers": ("providers", "provider_id"),
    }
    address = "/api/" + path.format(**{name: getattr(row, "pk", row) for name, row in vars(world).items()})
    more(world, kind, 1)

    rows = root.get(address).json()

    assert isinstance(rows, list)
    assert rows
    if kind in singles:
        single, key = singles[kind]
        assert rows == [root.get(f"/api/{single}/{row[key]}").json() for row in rows]


@pytest.fixture
def seven(world):
    """Ids of seven contacts, in order; the first is not of this fixture."""
    more(world, "members", 6)
    return list(Contact.objects.order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize("path", ["contacts", "groups/{group}/contacts"])
def test_pages_of_ours_walk_through_a_list(client, world, seven, path):
    address = "/api/" + path.format(group=world.group.pk)
    found, page = [], client.get(address, {"limit": 3}).json()
    while page:
        assert len(page) <= 3
        found += [row["contact_id"] for row in page]
        page = client.get(address, {"limit": 3, "after_id": found[-1]}).json()

    assert found == seven
    rest = client.get(address, {"after_id": seven[4]}).json()
    assert [row["contact_id"] for row in rest] == seven[5:]


@pytest.mark.parametrize(
    ("name", "value"),
    [*(("limit", value) for value in ("0", "-1", "5001", "x", "1.5", "9" * 5000, "٣")), ("after_id", "x")],
)
def test_a_page_that_cannot_be_is_412_and_named(client, name, value):
    answer = client.get("/api/contacts", {name: value})

    assert answer.status_code == 412
    assert error_of(answer).startswith(f"{name}: ")


@pytest.mark.parametrize("path", ["contacts", "groups/{group}/contacts"])
@pytest.mark.parametrize("chunk", [1, 2, 3, 6, 7, 100])
def test_a_long_list_comes_in_pieces_and_is_still_one_array(client, world, seven, monkeypatch, path, chunk):
    monkeypatch.setattr(ResourceViewSet, "chunk", chunk)

    answer = client.get("/api/" + path.format(group=world.group.pk))

    assert answer.streaming == (chunk < 7)
    assert answer["Content-Type"] == "application/json"
    assert [row["contact_id"] for row in json.loads(streamed(answer))] == seven


def test_filters_hold_for_every_piece(client, world, seven, monkeypatch):
    monkeypatch.setattr(ResourceViewSet, "chunk", 2)

    rows = json.loads(streamed(client.get("/api/contacts?first_name=more")))

    assert [row["contact_id"] for row in rows] == seven[1:]


def test_5001_contacts_are_streamed(client, owner):
    Contact.objects.bulk_create(Contact(owner=owner, first_name="x", phone=str(n)) for n in range(5001))

    answer = client.get("/api/contacts")

    assert answer.streaming
    rows = json.loads(streamed(answer))
    assert (len(rows), len({row["contact_id"] for row in rows})) == (5001, 5001)


def test_a_contact_in_two_groups_is_listed_once(client, world):
    second = contacts.create_group(owner=world.owner, name="Second")
    GroupMember.objects.create(group=second, contact=world.contact)

    assert len(client.get("/api/contacts").json()) == 1
    assert len(client.get(f"/api/contacts?group_id={second.pk}").json()) == 1
