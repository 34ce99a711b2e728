"""Callers of the REST API, and one row of every kind that belongs to somebody."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from access import services as access
from access.models import Permission, User
from telephony.engine.handover import find_queued, hand_over
from telephony.models import Provider, Result, Spool
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
from telephony.services.extensions import uuid_of
from tests.support.standing import standing


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def client(owner: User, api: Callable[..., APIClient]) -> APIClient:
    """Speaks JSON as `owner`, who holds the preset role `user`."""
    return api(owner)


@pytest.fixture
def root(owner: User, api: Callable[..., APIClient]) -> APIClient:
    """Speaks JSON as `owner`, who holds every permission now."""
    owner.is_superuser = True
    owner.save()
    return api(owner)


@pytest.fixture
def world_of(loopback: Provider) -> Callable[[User], SimpleNamespace]:
    """world_of(user): one row of every kind that the user owns, the contact in the group."""
    return make_world


@standing
def world(owner: User, loopback: Provider) -> SimpleNamespace:
    """One row of every kind that `owner` owns."""
    return make_world(owner)


@pytest.fixture
def deliver() -> Callable[[], int]:
    """deliver(): hand over what waits for it, as the workers do; returns how many."""

    def hand() -> int:
        queued = Spool.objects.filter(status="queued").values_list("pk", flat=True)
        return hand_over(find_queued(list(queued)))

    return hand


def make_world(owner: User) -> SimpleNamespace:
    contact = contacts.create_contact(owner=owner, first_name="Ann", phone="+12025550123", email="ann@example.com")
    group = contacts.create_group(owner=owner, name="Customers")
    contacts.link_contact(contact=contact, group=group, by=owner)
    text = messages.create_text(owner=owner, name="Hello", data="Hello [transmission:contact:first_name]")
    program = programs.create_program(type="sendsms", owner=owner, text_id=text.pk)
    transmission = transmissions.create_transmission(owner=owner, program=program, contact=contact)
    spool = Spool.objects.create(
        transmission=transmission,
        service_flag=4,
        destination="+12025550123",
        content=[],
        status="completed",
        cause="answered",
        time_end=timezone.now(),
    )
    number = str(10_000 + owner.pk)  # names are taken once a type, whoever owns them
    account = accounts.create_account(
        owner=owner,
        type="extension",
        username=number,
        phone=number,
        email=f"{number}@example.com",
        settings={"coverpage": "sendcover"},
    )
    access.write_setting(user=owner, name="crm:url", value='"https://crm.example.com"', by=owner)
    return SimpleNamespace(
        owner=owner,
        role=access.create_role(name=f"shift {owner.pk}", by=None),
        permission=access.create_permission(name=f"fleet{owner.pk}_read", by=None),
        provider=providers.create_provider(owner=owner, type="loopback", name=f"spare-{owner.pk}"),
        account=account,
        account_program=programs.create_program(type="voicetts", owner=owner, text="Hello", account_id=account.pk),
        did=accounts.create_account(owner=owner, type="did", phone=f"+1202556{owner.pk % 10_000:04}"),
        setting="coverpage",
        key="crm:url",
        extension_uuid=str(uuid_of(account.pk)),
        contact=contact,
        group=group,
        unused_group=contacts.create_group(owner=owner, name="Spare"),
        text=text,
        unused_text=messages.create_text(owner=owner, name="Spare", data="Spare"),
        document=documents.create_document(owner=owner, name="Prices"),
        recording=messages.create_recording(owner=owner, name="Welcome"),
        template=messages.create_template(owner=owner, name="News", subject="News", body="<p>News</p>"),
        program=program,
        unused_program=programs.create_program(type="sendsms", owner=owner, text_id=text.pk),
        transmission=transmission,
        spool=spool,
        result=Result.objects.create(spool=spool, type="dtmf", name="age", data="22"),
        campaign=campaigns.create_campaign(owner=owner, program=program, group=group),
        schedule=schedules.schedule_transmission(transmission=transmission, by=owner, delay=3600),
    )


def allow(user: User, *names: str) -> None:
    """Let a user hold these rights and no others."""
    Permission.objects.bulk_create([Permission(name=name) for name in names], ignore_conflicts=True)
    user.permissions.set(Permission.objects.filter(name__in=names))


@contextmanager
def undone() -> Iterator[None]:
    """What is stored inside goes away again, so that one world serves many calls."""
    block = transaction.atomic()
    block._from_testcase = True  # durable blocks may begin inside, as in the test itself
    with block:
        yield
        transaction.set_rollback(True)


def error_of(answer: Any) -> str:
    """The message of an error in the contract's shape, whose code is the status; fails for any other answer."""
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["code"] == answer.status_code
    return body["error"]["message"]


def streamed(answer: Any) -> bytes:
    """The whole of an answer that may come in pieces."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content
