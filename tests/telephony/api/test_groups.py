"""Groups over HTTP, and contacts as CSV files (ICTCore 1.5)."""

import pytest

from telephony.models import Contact, Group
from tests.telephony.api.conftest import error_of, streamed

pytestmark = pytest.mark.django_db

ROW = '"15551230001","Ann","Lee","ann@example.com","12 Elm Street","gold","A1","","first batch"\n'


def test_a_group_carries_its_id_under_both_names_and_its_size(client, owner, world):
    pk = client.post("/api/groups", {"name": "Empty", "description": "none yet"}).json()["group_id"]

    empty = client.get(f"/api/groups/{pk}").json()
    assert (empty["group_id"], empty["id"], empty["name"], empty["description"]) == (pk, pk, "Empty", "none yet")
    assert (empty["contact_total"], empty["user_id"]) == (0, owner.pk)
    assert [row["contact_total"] for row in client.get("/api/groups").json()] == [1, 0, 0]


def test_a_deleted_contact_is_counted_no_more(client, world):
    client.delete(f"/api/contacts/{world.contact.pk}")

    assert client.get(f"/api/groups/{world.group.pk}").json()["contact_total"] == 0


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": None}, {"name": "x" * 129}, {"name": ["x"]}])
def test_a_group_needs_a_name_that_fits(client, body):
    answer = client.post("/api/groups", body)

    assert answer.status_code == 412
    assert error_of(answer).startswith("name: ")
    assert not Group.objects.exists()


def test_the_size_of_a_group_cannot_be_written(client, world):
    answer = client.put(f"/api/groups/{world.group.pk}", {"contact_total": 7, "name": "New"})

    assert (answer.json()["contact_total"], answer.json()["name"]) == (1, "New")


def test_deleting_a_group_keeps_its_contacts(client, world):
    group = world.unused_group
    client.put(f"/api/contacts/{world.contact.pk}/link/{group.pk}")

    assert client.delete(f"/api/groups/{group.pk}").content == b""

    assert client.get(f"/api/groups/{group.pk}/contacts").status_code == 404
    assert client.get(f"/api/contacts/{world.contact.pk}").status_code == 200


def test_a_group_of_a_campaign_that_has_not_ended_stays(client, world):
    answer = client.delete(f"/api/groups/{world.group.pk}")

    assert answer.status_code == 423
    assert f"campaign {world.campaign.pk}" in error_of(answer)


def test_the_contacts_of_a_group_are_whole_contacts(client, world):
    client.post("/api/contacts", {"first_name": "Bob", "phone": "+12025550124"})

    rows = client.get(f"/api/groups/{world.group.pk}/contacts").json()

    assert rows == [client.get(f"/api/contacts/{world.contact.pk}").json()]


def send(client, group, content, kind="text/csv", query=""):
    return client.generic("POST", f"/api/groups/{group.pk}/csv{query}", content, content_type=kind)


@pytest.mark.parametrize("kind", ["text/csv", "text/plain", "text/csv; charset=utf-8", "Text/CSV"])
def test_an_import_answers_what_became_of_each_row(client, world, kind):
    file = ROW + "+12025550123\n,Nobody\n" + ROW

    answer = send(client, world.group, file, kind)

    assert answer.status_code == 200
    assert answer.json() == {
        "group_id": world.group.pk,
        "created": 1,
        "linked": 1,
        "repeated": 1,
        "not_callable": 0,
        "total": 4,
        "rejected": [{"line": 3, "reason": "phone is empty"}],
    }
    assert client.get(f"/api/groups/{world.group.pk}").json()["contact_total"] == 2


def test_keep_none_stores_nothing_when_a_row_is_rejected(client, world):
    report = send(client, world.group, ROW + ",Nobody\n", query="?keep=none").json()

    assert (report["created"], report["linked"], len(report["rejected"])) == (0, 0, 1)
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "kind", "query", "message"),
    [
        ("", "text/csv", "", "The body is empty"),
        (ROW, "application/pdf", "", "file: the content type must be text/csv or text/plain"),
        (ROW, "application/json", "", "file: the content type must be text/csv or text/plain"),
        (ROW, "multipart/form-data; boundary=x", "", "file: the content type must be text/csv or text/plain"),
        (ROW, "text/csv", "?keep=some", "keep: must be good or none"),
    ],
)
def test_a_bad_import_is_412_and_stores_nothing(client, world, content, kind, query, message):
    answer = send(client, world.group, content, kind, query)

    assert answer.status_code == 412
    assert error_of(answer) == message
    assert Contact.objects.count() == 1


def test_an_import_that_says_it_is_too_large_is_refused_unread(client, world):
    answer = client.generic(
        "POST", f"/api/groups/{world.group.pk}/csv", ROW, content_type="text/csv", CONTENT_LENGTH=200 * 1024 * 1024
    )

    assert answer.status_code == 412
    assert "larger than 100 MiB" in error_of(answer)


def test_an_export_is_an_attachment_that_can_be_imported_again(client, world):
    send(client, world.group, ROW)

    answer = client.get(f"/api/groups/{world.group.pk}/csv")

    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Content-Disposition"] == f'attachment; filename="group_{world.group.pk}.csv"'
    file = streamed(answer)
    assert file.decode().splitlines()[1] == ROW.strip()
    assert send(client, world.group, file).json()["linked"] == 2


def test_an_export_honours_the_contact_filters(client, world):
    send(client, world.group, ROW)

    answer = client.get(f"/api/groups/{world.group.pk}/csv?last_name=lee")

    assert streamed(answer).decode() == ROW


def test_the_sample_is_in_the_format_that_import_takes(client, world):
    answer = client.get("/api/groups/sample/csv")

    assert answer["Content-Disposition"] == 'attachment; filename="sample.csv"'
    assert answer.content.decode().splitlines()[0] == ROW.strip()
    assert send(client, world.group, answer.content).json()["rejected"] == []
