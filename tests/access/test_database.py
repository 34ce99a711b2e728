"""The database backend: moments, statements that are kept, rows that are inserted."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone

from access.database.compiled import TEXT, Compiled, CompiledModels, marker
from access.database.statements import insert, prepared_rows
from access.models import APIKey, Role, User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-01-01 00:00:00+00", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-07-01 12:30:15.12+00", datetime(2026, 7, 1, 12, 30, 15, 120000, tzinfo=UTC)),
        ("0001-01-02 00:00:00+00", datetime(1, 1, 2, tzinfo=UTC)),
        ("9999-12-30 23:59:59.999999+00", datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_moments_come_in_utc_whatever_the_zone_of_the_connection(written, moment, zone):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [zone])
        cursor.execute("SELECT %s::timestamptz, ARRAY[%s::timestamptz]", [written, written])
        found, [in_list] = cursor.fetchone()

    assert found == in_list == moment
    assert found.tzinfo is UTC


@pytest.mark.parametrize("written", ["infinity", "-infinity", "0044-03-15 00:00:00+00 BC"])
def test_a_moment_that_no_calendar_has_is_an_error_and_not_a_wrong_one(written):
    with pytest.raises(DataError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [written])
        cursor.fetchone()


def test_a_kept_statement_reads_what_its_queryset_does(make_user):
    users = [make_user(first_name="Ann"), make_user(first_name="Ann"), make_user(first_name="Bob")]
    after, most = marker(0), marker(1)
    rows = User.objects.filter(first_name=TEXT, pk__gt=after).order_by("pk").values_list("pk", "date_joined")

    kept = Compiled(rows, most=most)

    def read(name, last, size):
        return [pk for pk, _ in kept.read({TEXT: name, after: last, most: size})]

    assert read("Ann", 0, 10) == [users[0].pk, users[1].pk]
    assert read("Ann", 0, 1) == [users[0].pk]
    assert read("Ann", users[0].pk, 10) == [users[1].pk]
    assert read("Nobody", 0, 10) == []


def test_models_of_a_kept_statement_are_what_django_makes(make_user, django_assert_num_queries):
    key = APIKey.objects.create(
        owner=make_user(), name="n8n", prefix="12345678", digest="0" * 64, allowed_addresses=["192.0.2.1"]
    )
    kept = CompiledModels(APIKey.objects.filter(pk=marker(0)).select_related("owner"))

    with django_assert_num_queries(1):
        found = kept.first({marker(0): key.pk})
        owner = found.owner

    expected = APIKey.objects.get(pk=key.pk)
    for one, other in ((found, expected), (owner, expected.owner)):
        fields = [field.attname for field in one._meta.concrete_fields]
        assert [getattr(one, name) for name in fields] == [getattr(other, name) for name in fields]
        assert not one._state.adding
    assert kept.first({marker(0): key.pk + 1}) is None


def test_an_inserted_row_is_whole_and_known_as_stored(make_user):
    owner, before = make_user(), timezone.now()
    key = APIKey(owner=owner, name="it's", prefix="abcdef12", digest="1" * 64, allowed_addresses=["::1", "192.0.2.1"])

    with transaction.atomic():
        assert insert(key) is key

    stored = APIKey.objects.get(pk=key.pk)
    fields = [field.attname for field in APIKey._meta.concrete_fields]
    assert [getattr(key, name) for name in fields] == [getattr(stored, name) for name in fields]
    assert stored.allowed_addresses == ["::1", "192.0.2.1"]
    assert stored.created_at - before < timedelta(minutes=1)
    key.name = "changed"
    key.save()
    assert APIKey.objects.count() == 1


def test_an_insert_that_a_constraint_forbids_raises_as_django_does():
    insert(Role(name="one"))

    with pytest.raises(IntegrityError), transaction.atomic():
        insert(Role(name="one"))
    assert Role.objects.filter(name="one").count() == 1


def test_a_prepared_statement_takes_names_or_places():
    assert prepared_rows("SELECT %(a)s::int + %(a)s::int", {"a": 2}) == [(4,)]
    assert prepared_rows("SELECT %s::int", [7]) == [(7,)]
    assert prepared_rows("SELECT 1 WHERE false") == []
