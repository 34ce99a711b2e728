"""Worksheets: changed, deleted, their reminders with them."""

from typing import Any

from coaching.models import Worksheet
from coaching.services import reminders
from coaching.services.changes import change


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
