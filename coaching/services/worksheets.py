"""Worksheets: filled in, changed, deleted, their reminders with them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser
from typing import Any

from django.utils import timezone

from coaching.models import Answer, Client, Coach, Worksheet
from coaching.services import outgoing, reminders
from coaching.services.changes import change
from coaching.services.words import letter, lines, when

FREE = "Your answer"  # the one question of a sheet that names none
INPUTS = ("input", "textarea", "select")
NUMBER_DIGITS, NUMBER_PLACES = 14, 6


def assign(
    *,
    client: Client,
    coach: Coach,
    title: str,
    due_at: datetime,
    content: str = "",
    questions: Iterable[str] = (),
    notify: bool = False,
) -> Worksheet:
    """Give a client a sheet to fill in. `questions` come after what the content asks for by itself, each once."""
    worksheet = Worksheet.objects.create(client=client, coach=coach, title=title, content=content, due_at=due_at)
    Answer.objects.bulk_create(Answer(worksheet=worksheet, name=name) for name in dict.fromkeys(questions))
    if notify:
        what = lines(title, f"Due {when(due_at, client)}")
        body = letter(f"{coach.name} asks you to fill in a worksheet:", what, practice=client.practice, to=client)
        outgoing.write_to(practice=client.practice, to=client, subject=f"New worksheet: {title}"[:200], body=body)
    return worksheet


def reopen(*, worksheet: Worksheet, by: Coach, comment: str = "") -> bool:
    """Let the client go over a sheet once more, and mail them why; says whether it was handed in.

    What is answered stays. Reminders that were dropped do not come back. `worksheet` must be held.
    """
    if worksheet.done_at is None:
        return False
    change(worksheet, done_at=None)
    client = worksheet.client
    body = letter(f"{by.name} opened “{worksheet.title}” for you again.", comment, practice=client.practice, to=client)
    outgoing.write_to(practice=client.practice, to=client, subject=f"Open again: {worksheet.title}"[:200], body=body)
    return True


def update_worksheet(*, worksheet: Worksheet, **values: Any) -> bool:
    """Change a worksheet; says whether anything changed. Reminders follow its due time, and end once it is done."""
    was = worksheet.due_at
    is_changed = change(worksheet, **values)
    if worksheet.due_at != was:
        reminders.move_reminders(about=worksheet)
    if worksheet.done_at:
        reminders.drop_reminders(about=worksheet)
    return is_changed


def delete_worksheet(*, worksheet: Worksheet) -> None:
    """Delete a worksheet with its answers and reminders, also those that were queued and have not left."""
    reminders.drop_reminders(about=worksheet)
    worksheet.delete()


class Inputs(HTMLParser):
    """Gathers the names of a form's inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in INPUTS and (name := (dict(attrs).get("name") or "").strip()[:200]):
            self.names.append(name)


def questions_of(worksheet: Worksheet) -> dict[str, str]:
    """What a sheet asks for, with what is answered so far: the inputs of its form, then answers that stand alone."""
    form = Inputs()
    form.feed(worksheet.content)
    answers = dict(worksheet.answers.order_by("pk").values_list("name", "value"))
    names = dict.fromkeys([*form.names, *answers] or [FREE])
    return {name: answers.get(name, "") for name in names}


def fill_in(*, worksheet: Worksheet, answers: Mapping[str, str], hand_in: bool) -> None:
    """Keep the client's answers; handed in, the sheet is done and its coach gets a mail. `worksheet` must be held."""
    there = {answer.name: answer for answer in worksheet.answers.all()}
    rows = []
    for name, value in answers.items():
        row = there.get(name) or Answer(worksheet=worksheet, name=name)
        row.value, row.number_value = value, number_in(value)
        rows.append(row)
    Answer.objects.bulk_update([row for row in rows if row.pk], ["value", "number_value"])
    Answer.objects.bulk_create([row for row in rows if not row.pk])
    if hand_in and update_worksheet(worksheet=worksheet, done_at=timezone.now()):
        _tell(worksheet)


def number_in(text: str) -> Decimal | None:
    """The number that an answer is; None for words, and for what no column holds."""
    try:
        number = Decimal(text.strip().replace(",", ".", 1))
    except InvalidOperation:
        return None
    if not number.is_finite() or number.adjusted() >= NUMBER_DIGITS:
        return None
    return round(number, NUMBER_PLACES)


def _tell(worksheet: Worksheet) -> None:
    client, coach = worksheet.client, worksheet.coach or worksheet.client.primary_coach
    body = letter(f"{client.name} has handed in “{worksheet.title}”.", practice=client.practice, to=coach)
    subject = f"Handed in: {worksheet.title}"[:200]
    outgoing.write_to(practice=client.practice, to=coach, subject=subject, body=body)
