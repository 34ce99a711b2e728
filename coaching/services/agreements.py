"""Agreements: issued to clients as copies of a template, agreed to once."""

from django.utils import timezone

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


def agree(*, agreement: Agreement) -> bool:
    """Note that the client agrees, and mail the coach; says whether they had not yet. `agreement` must be held."""
    if agreement.agreed_at:
        return False
    agreement.agreed_at = timezone.now()
    agreement.save(update_fields=["agreed_at"])
    client, coach = agreement.client, agreement.coach or agreement.client.primary_coach
    body = letter(f"{client.name} agreed to “{agreement.title}”.", practice=client.practice, to=coach)
    outgoing.write_to(practice=client.practice, to=coach, subject=f"Agreed: {agreement.title}"[:200], body=body)
    return True
