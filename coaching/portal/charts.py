"""Metrics as small pictures: a line in a box, drawn by the page itself."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from coaching.models import MetricDatum

WIDTH, HEIGHT, EDGE = 640, 160, 6


class Line(NamedTuple):
    """A line of points as SVG writes it, with the least and the largest value."""

    points: str
    low: object
    high: object
    width: int = WIDTH
    height: int = HEIGHT


def line_of(data: Sequence[MetricDatum]) -> Line | None:
    """What was reported, the oldest first, as a line; None for fewer than two days."""
    if len(data) < 2:
        return None
    values = [datum.value for datum in data]
    low, high, days = min(values), max(values), [datum.date_of for datum in data]
    points = (f"{_across(day, days):.1f},{_up(value, low, high):.1f}" for day, value in zip(days, values, strict=True))
    return Line(" ".join(points), low.normalize(), high.normalize())


def _across(day: date, days: Sequence[date]) -> float:
    return EDGE + (WIDTH - 2 * EDGE) * ((day - days[0]).days / (days[-1] - days[0]).days)


def _up(value: object, low: object, high: object) -> float:
    share = float((value - low) / (high - low)) if high != low else 0.5  # type: ignore[operator]
    return HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * share
