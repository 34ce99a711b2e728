"""Whether and what a client may book by themselves."""

from collections.abc import Iterable
from typing import Any

from coaching.failures import Code, Failure
from coaching.models import AppointmentType, Client
from coaching.services.changes import change

ALL, LISTED = "A", "S"


def change_settings(
    *, client: Client, option: str | None = None, type_ids: Iterable[int] | None = None, **values: Any
) -> bool:
    """Change a client's scheduling settings; says whether anything changed.

    `option` A offers every type, S only those of `type_ids`, or of the stored list. Raises Failure 302 for an id that
    is no appointment type of the practice.
    """
    if option is not None:
        values["all_types_available"] = option == ALL
    is_changed = change(client, **values)
    if type_ids is None:
        return is_changed
    types = _types(client, set(type_ids))
    was = set(client.appointment_types.values_list("pk", flat=True))
    client.appointment_types.set(types)
    return is_changed or was != types


def _types(client: Client, wanted: set[int]) -> set[int]:
    theirs = AppointmentType.objects.filter(coach__practice_id=client.practice_id, pk__in=wanted)
    found = set(theirs.values_list("pk", flat=True))
    if missing := wanted - found:
        raise Failure(Code.UNKNOWN_ID, f"There is no AppointmentType with ID {min(missing)}.")
    return found
