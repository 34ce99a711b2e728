"""Agreements: issued to clients as copies of a template."""

from coaching.models import Agreement, AgreementTemplate, Client, Coach
from coaching.services import outgoing
from coaching.services.words import letter, text_of


def issue(*, client: Client, coach: Coach, template: AgreementTemplate, title: str = "") -> Agreement:
    """Issue an agreement and mail the client about it; later changes of the template do not change it."""
    agreement = Agreement.objects.create(
        client=client, coach=coach, template=template, title=title or template.title, content=template.content
    )
    asked = f"{coach.name} asks you to read and agree to “{agreement.title}”:"
    answer = "Please answer whether you agree."
    body = letter(asked, text_of(agreement.content), answer, practice=client.practice, to=client)
    outgoing.write_to(practice=client.practice, to=client, subject=f"Agreement: {agreement.title}"[:200], body=body)
    return agreement
