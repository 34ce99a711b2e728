"""When a contact may be called: wall clock and zone become instants here and nowhere else."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Window:
    """The hours of a campaign in the contact's local time; `days` are 1 Monday to 7 Sunday, empty = all.

    An end before the start means the next morning.
    """

    start: time
    end: time
    days: frozenset[int] = frozenset()

    def opening(self, now: datetime, zone: str) -> datetime | None:
        """Return None while the window is open in `zone`, else the instant it opens next (UTC)."""
        local = now.astimezone(ZoneInfo(zone))
        for offset in range(-1, 9):
            opens, closes = self._on(local + timedelta(days=offset), zone)
            if closes <= now or not self._is_day(opens, zone):
                continue
            return None if opens <= now else opens
        raise AssertionError("a week without a day")

    def _on(self, day: datetime, zone: str) -> tuple[datetime, datetime]:
        end_day = day + timedelta(days=1) if self.end <= self.start else day
        return instant(day, self.start, zone), instant(end_day, self.end, zone)

    def _is_day(self, opens: datetime, zone: str) -> bool:
        return not self.days or opens.astimezone(ZoneInfo(zone)).isoweekday() in self.days


def instant(day: datetime, wall: time, zone: str) -> datetime:
    """The UTC instant of a wall-clock time on the date of `day`.

    An hour that the clocks skip becomes the same span after the jump; one that comes twice means the first.
    """
    local = datetime.combine(day.date(), wall, tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC)
