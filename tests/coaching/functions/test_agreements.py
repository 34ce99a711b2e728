"""Agreement.*: templates, issued, listed, deleted (2.9)."""

import pytest

from coaching.models import Agreement, AgreementTemplate
from telephony.models import Transmission

pytestmark = pytest.mark.django_db


def test_templates_are_found_by_the_start_of_their_title(api, world):
    assert api.ok("Agreement.getTemplates", "loaded", title="TER") == [{"ID": world.template.pk, "title": "Terms"}]
    [row] = api.ok("Agreement.getTemplates", "loaded", includeContent="true")
    assert row["content"] == "<p>Terms</p>"
    api.ok("Agreement.getTemplates", "empty", title="erms")


def test_an_agreement_is_a_copy_and_the_client_is_told(api, world):
    fields = {"ClientID": world.client.pk, "AgreementTemplateID": world.template.pk}
    pk = api.ok("Agreement.issue", "added", **fields)["AgreementID"]
    own = api.ok("Agreement.issue", "added", **fields, title="Our terms", CoachID=world.coach.pk)["AgreementID"]
    AgreementTemplate.objects.filter(pk=world.template.pk).update(title="New", content="new")

    rows = api.ok("Agreement.getAll", "loaded", which="O", includeContent="true")
    assert [(row["ID"], row["title"], row["content"], row["dateAgreed"]) for row in rows] == [
        (own, "Our terms", "<p>Terms</p>", None),
        (pk, "Terms", "<p>Terms</p>", None),
    ]
    assert Agreement.objects.get(pk=pk).coach == world.owner
    assert Agreement.objects.get(pk=own).coach == world.coach
    assert Transmission.objects.filter(contact__email=world.client.email).count() == 2


def test_the_list_has_what_was_agreed_unless_asked(api, world):
    made = Agreement.objects.create(client=world.client, title="Later", issued_at="2025-03-30T21:30:00Z")

    def ids(**how):
        return [row["ID"] for row in api("Agreement.getAll", **how)["return"]]

    old = world.agreement.pk
    assert (ids(), ids(which="O"), ids(which="B")) == ([old], [made.pk], [old, made.pk])
    assert ids(which="B", title="lat") == [made.pk]
    assert ids(which="B", ClientID=world.other_client.pk) == []
    assert ids(which="B", dateFrom="2025-03-30", dateTo="2025-03-30") == [made.pk]
    assert ids(which="B", dateTo="2025-03-29") == []
    assert "content" not in api.ok("Agreement.getAll", "loaded")[0]


def test_a_deleted_agreement_is_gone(api, world):
    api.ok("Agreement.delete", "deleted", AgreementID=world.agreement.pk)
    api.fails("Agreement.delete", 302, AgreementID=world.agreement.pk)
