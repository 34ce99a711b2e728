"""What is kept of every change. Triggers write it, so that no statement gets past it, however many rows it changes."""

from collections.abc import Callable
from typing import Any

import pghistory
from django.db import models


def tracked(event: str, fields: list[str], *, of: str = "") -> Callable[[Any], Any]:
    """Keep `fields` of each row, in the model `event`: as made, as changed to, and as it was when it was deleted.

    `of` names a reference by which the history is read too, as that of the row that it points to.
    """
    indexes = [models.Index(fields=[of], name=f"{event.lower()}_{of}")] if of else []
    trackers = pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent()
    kept = ["id", "operator", *fields]
    return pghistory.track(
        *trackers, fields=kept, model_name=event, level=pghistory.Statement, meta={"indexes": indexes}
    )
