"""What HTTP costs at least: views on prepared SQL, without sign-in, rights, filters or middleware."""

import threading
from typing import Any

import orjson
import psycopg
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from config import local

SECONDS = "floor(extract(epoch from {0}))::bigint AS {1}"
COLUMNS = ", ".join(
    (
        *("id AS contact_id", "first_name", "last_name", "phone", "email", "address", "custom1", "custom2", "custom3"),
        *("description", "time_zone", "owner_id AS user_id", SECONDS.format("created_at", "date_created")),
        *("owner_id AS created_by", SECONDS.format("updated_at", "last_updated"), "updated_by_id AS updated_by"),
    )
)
OWN = f"SELECT {COLUMNS} FROM telephony_contact WHERE owner_id = %s AND deleted_at IS NULL"
LIST, READ = f"{OWN} AND id > %s ORDER BY id LIMIT 50", f"{OWN} AND id = %s"
CREATE = """
INSERT INTO telephony_contact (owner_id, updated_by_id, first_name, phone, e164, last_name, email, address, custom1,
    custom2, custom3, description, time_zone) VALUES (%s, %s, %s, %s, %s, '', '', '', '', '', '', '', '') RETURNING id
"""
_own = threading.local()


def connection() -> psycopg.Connection:
    """This thread's connection, which prepares every statement the first time."""
    if not hasattr(_own, "connection"):
        _own.connection = psycopg.connect(local.database_url(), autocommit=True)
        _own.connection.prepare_threshold = 0
    return _own.connection


def contacts(request: HttpRequest, owner: int, last: int) -> HttpResponse:
    return json([*rows(LIST, owner, last)])


def contact(request: HttpRequest, owner: int, pk: int) -> HttpResponse:
    return json(next(rows(READ, owner, pk)))


def new_contact(request: HttpRequest, owner: int) -> HttpResponse:
    given = orjson.loads(request.body)
    values = owner, owner, given["first_name"], given["phone"], given["phone"]
    [pk] = connection().execute(CREATE, values).fetchone() or ()
    return json({"contact_id": pk})


def rows(statement: str, *values: Any) -> Any:
    cursor = connection().execute(statement, values)
    names = [column.name for column in cursor.description or ()]
    return (dict(zip(names, row, strict=True)) for row in cursor.fetchall())


def json(value: Any) -> HttpResponse:
    return HttpResponse(orjson.dumps(value), content_type="application/json")


urlpatterns = [
    path("bare/<int:owner>/contacts/after/<int:last>", contacts),
    path("bare/<int:owner>/contacts/<int:pk>", contact),
    path("bare/<int:owner>/contacts", new_contact),
    path("bare/", include("tests.bench.bare_lead")),
    path("bare/", include("tests.bench.bare_search")),
    path("bare/", include("tests.bench.bare_coaching")),
    path("", include("config.urls")),
]
handler404 = "access.api.errors.not_found"
