"""POST /api/booking/search, 50 results over HTTP, beside a bare view on prepared SQL of the same bookings."""

import json
import random
import uuid
from datetime import datetime, timedelta

from django.db import connection

from access.services import create_user, issue_tokens
from bookings.models import Operator, Tag
from bookings.services.keys import create_access_key
from bookings.services.operators import create_operator, join_operator
from tests.bench.row import Row
from tests.bench.web import Ask, http_rates
from tests.bookings.many import DAYS, FROM, NEEDED, make_many

LIMIT = 50


def measure(count: int, words: str, *, days: int) -> Row:
    """Any day of the two years and `days` after it, which hold more than 50; both read the same bookings."""
    operator, headers = house(count)
    tag = Tag.objects.get(operator=operator, name=NEEDED).pk
    first = datetime.fromisoformat(FROM)

    def ask(path: str) -> Ask:
        start = first + timedelta(days=random.randrange(DAYS - days))
        date = {"startDate": f"{start:%Y-%m-%d}", "endDate": f"{start + timedelta(days=days):%Y-%m-%d}"}
        body = {"filter": {"tags": [NEEDED], "status": "B", "date": date}, "limit": LIMIT}
        return Ask(path, "POST", json.dumps(body), headers)

    rates = http_rates("", lambda: ask(f"/bare/{operator.pk}/search/{tag}"), lambda: ask("/api/booking/search"))
    return Row(f"search {words} bookings", *rates, hold=0.35, reach=0.65)


def house(count: int) -> tuple[Operator, dict[str, str]]:
    """An operator with so many bookings, in empty tables, and what a partner's program sends."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bookings_operator CASCADE")
    name = f"bench-{uuid.uuid4().hex[:8]}"
    operator = create_operator(name=name, time_zone="UTC")
    user = create_user(username=name, email=f"{name}@example.com", roles=[])
    join_operator(user=user, operator=operator)
    _, secret = create_access_key(operator=operator, owner=user, name="bench", phone_codec="ymd")
    make_many(operator, count)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE bookings_bookingtag, bookings_booking, bookings_journeyleg, bookings_customer")
        cursor.execute("CHECKPOINT")
    return operator, {"Authorization": f"Bearer {issue_tokens(user=user).access}", "AccessKey": secret}
