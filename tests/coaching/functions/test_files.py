"""ClientFile.*: files and links shared with a client (2.10)."""

import base64

import pytest

from coaching.models import ClientFile

pytestmark = pytest.mark.django_db
HELLO = base64.b64encode(b"Hello\xff").decode()


@pytest.fixture
def upload(world):
    return {"ClientID": world.client.pk, "filename": "../hello.txt", "fileData": HELLO}


def test_an_upload_is_stored_as_it_was_and_under_a_name_of_ours(api, world, upload):
    about = {"folder": "a/b", "description": "A greeting", "visibility": "C"}
    pk = api.ok("ClientFile.addAsUpload", "added", **upload, **about)["ClientFileID"]

    row = ClientFile.objects.get(pk=pk)
    assert row.file.read() == b"Hello\xff"
    assert (row.title, row.file_name, row.size, row.coach) == ("../hello.txt", "../hello.txt", 6, world.owner)
    assert (row.folder, row.description, row.visibility) == ("a/b", "A greeting", "C")
    assert ".." not in row.file.name


def test_line_breaks_in_base64_do_not_matter_but_anything_else_does(api, upload):
    api.ok("ClientFile.addAsUpload", "added", **{**upload, "fileData": f"{HELLO[:4]}\r\n{HELLO[4:]}\n"})
    for bad in ("a", "a*bc", f"{HELLO[:4]} {HELLO[5:]}", "ä===", "data:text/plain;base64,aGk="):
        api.fails("ClientFile.addAsUpload", 301, **{**upload, "fileData": bad, "ClientID": 0})


def test_what_is_too_large_or_finds_no_room_is_refused_once_the_client_is_known(api, world, practice, upload):
    large = upload | {"fileData": "A" * 5_242_881}
    api.fails("ClientFile.addAsUpload", 302, **{**large, "ClientID": 0})
    api.fails("ClientFile.addAsUpload", 470, **large)

    practice.storage_limit = 11
    practice.save()
    api.ok("ClientFile.addAsUpload", "added", **upload)
    api.fails("ClientFile.addAsUpload", 471, **upload)
    assert ClientFile.objects.filter(client=world.client).count() == 1


def test_a_file_of_just_the_limit_is_taken(api, upload):
    api.ok("ClientFile.addAsUpload", "added", **{**upload, "fileData": "A" * 5_242_880})


def test_a_link_is_an_absolute_web_address(api, world):
    link = {"ClientID": world.client.pk, "URL": "https://example.com/a?b=c"}
    pk = api.ok("ClientFile.addAsURL", "added", **link)["ClientFileID"]
    named = api.ok("ClientFile.addAsURL", "added", **link, title="Reading", CoachID=world.coach.pk)["ClientFileID"]

    assert ClientFile.objects.get(pk=pk).title == link["URL"]
    assert (ClientFile.objects.get(pk=named).title, ClientFile.objects.get(pk=named).coach) == ("Reading", world.coach)
    bad = (
        "example.com",
        "/a",
        "ftp://example.com",
        "javascript:alert(1)",
        "https://",
        "http://[",
        "http://a b.example",
    )
    for address in (*bad, "https://example.com/" + "x" * 300):
        api.fails("ClientFile.addAsURL", 472, **{**link, "URL": address})
        api.fails("ClientFile.addAsURL", 302, **{**link, "URL": address, "ClientID": 0})
    api.fails("ClientFile.addAsURL", 306, **link, title="x" * 201)
