"""What actions, worksheets and appointments share: reminders as they are given and answered."""

from typing import Any

from coaching.grammars import reminder_set
from coaching.models import Action, Reminder, Worksheet
from coaching.rpc.call import Call, Reply, changed, deleted, loaded
from coaching.rpc.parameters import Bool, Packed
from coaching.rpc.refs import Ref
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Nested, Shape
from coaching.services import reminders

REMINDER = Shape(
    (
        Column("ID", "int", "pk"),
        Column("sendTo", "string", "send_to"),
        Column("sendMethod", "string", "send_method"),
        Column("relativeMinutes", "int", "relative_minutes"),
        Column("dateToSend", "datetime", "send_at"),
        Column("isSent", "bool", "sent_at"),
        Column("dateSent", "datetime", "sent_at"),
    )
)
REMINDER_SET = Packed(
    "reminderSet",
    "such as `L,E,1440;C,T,30`: who, how, minutes before",
    default=(),
    key="triplets",
    grammar=reminder_set,
)
INCLUDE_SENT = Bool("includeSent", "true = already-sent ones too", default=False)


def reminder_list(kind: str) -> Nested:
    """The `reminderSet` of rows of `kind`."""
    return Nested("reminderSet", REMINDER, Reminder, kind, ("send_at", "pk"))


def declare_reminders(entity: str, model: Any) -> None:
    """Declare getReminders, setReminders, clearReminders and deleteReminder of an entity."""
    kind = entity.lower()
    about = Ref(f"{entity}ID", required=True, key="about", model=model, select=("client",))

    @function(
        f"{entity}.getReminders", about, INCLUDE_SENT, results="loaded empty", errors=(301, 302), returns=REMINDER
    )
    def get_reminders(call: Call, about: Action | Worksheet, include_sent: bool) -> Reply:
        """Reminders, by default those that were not sent yet."""
        return loaded(REMINDER.read(reminders.reminders_of(about=about, include_sent=include_sent), call))

    @function(f"{entity}.setReminders", about, REMINDER_SET, results="updated", errors=(301, 302, 321, 322))
    def set_reminders(call: Call, about: Action | Worksheet, triplets: Any) -> Reply:
        """Replace the reminders that were not sent yet.

        An absent or empty reminderSet leaves none. A reminder whose time has passed is left out.
        """
        reminders.set_reminders(about=about, triplets=triplets)
        return changed(True, "Reminders set.")

    @function(f"{entity}.clearReminders", about, results="deleted noop", errors=(301, 302))
    def clear_reminders(call: Call, about: Action | Worksheet) -> Reply:
        """Delete the reminders that were not sent yet."""
        return deleted(bool(reminders.drop_reminders(about=about)), "Reminders deleted.", "There were none.")

    @function(
        f"{entity}.deleteReminder",
        Ref("ReminderID", required=True, model=Reminder, within=f"{kind}__client__practice"),
        results="deleted",
        errors=(301, 302),
    )
    def delete_reminder(call: Call, reminder: Reminder) -> Reply:
        """Delete one reminder."""
        reminders.delete_reminder(reminder=reminder)
        return deleted(True, "Reminder deleted.")
