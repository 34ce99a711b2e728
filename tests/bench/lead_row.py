"""POST /lead/add, each a new number, beside a bare view that writes the same rows by prepared SQL."""

import json
import uuid
from itertools import count

from django.db import connection

from access.services import create_user
from leads.models import Lead, LeadType
from leads.services.call_groups import create_call_group, create_lead_type
from leads.services.keys import create_key
from leads.services.partners import create_partner
from telephony.services.programs import create_program
from tests.bench.row import Row
from tests.bench.web import Ask, http_rates

NAME = "motor-trade"
TABLES = "leads_lead, telephony_contact, telephony_loopbackcall, telephony_donotcall"
NUMBERS = count(1)


def measure() -> Row:
    """Every answer of either is one committed lead with its contact and its call."""
    key = new_partner()

    def ask(path: str) -> Ask:
        body = {
            "first_name": "John",
            "surname": "Doe",
            "mobile": f"+4477{next(NUMBERS):08}",
            "email": "john.doe@example.com",
            "type": NAME,
            "data": {"vehicle_make": "Ford", "address": "123 Greenacre Road"},
        }
        return Ask(f"{path}?key={key}", "POST", json.dumps(body))

    rates = http_rates(key, lambda: ask("/bare/lead"), lambda: ask("/lead/add"))
    assert Lead.objects.filter(status="scheduled").count() == next(NUMBERS) - 1
    return Row("take a lead", *rates, hold=0.35, reach=0.6)


def new_partner() -> str:
    """A partner that may use one type, in empty tables; its secret."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES} CASCADE")
    LeadType.objects.filter(name=NAME).delete()
    name = f"bench-{uuid.uuid4().hex[:8]}"
    owner = create_user(username=name, email=f"{name}@example.com", roles=["user"])
    program = create_program(type="sendsms", owner=owner, message="Hello")
    group = create_call_group(name=name, owner=owner, program=program, default_region="GB", time_zone="Europe/London")
    partner = create_partner(name=name)
    create_lead_type(name=NAME, call_group=group, partners=[partner])
    return create_key(partner=partner, name="bench", by=owner)[1]
