"""Invented people for the demo, all on numbers that are kept for fiction."""

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import NamedTuple

from telephony.gateways.loopback import MAGIC

_FIRST = (
    "Ada Alice Amara Anil Arthur Beatrice Ben Carla Chen Clara Daniel David Elena Ella Emil Fatima Finn George Grace "
    "Hana Harry Ines Isaac Ivy Jamal James Jonas Julia Kofi Laila Leo Lena Liam Lucy Maja Marco Maria Mei Milo Nadia "
    "Noah Nora Oliver Olga Omar Paul Petra Priya Rafael Rosa Ruby Sam Sofia Tariq Tess Thomas Uma Vera Victor Wanda "
    "Yara Yusuf Zoë Zita"
)
_LAST = (
    "Adams Ahmed Almeida Baker Banerjee Bell Berg Brown Carter Castillo Chapman Clark Costa Dale Davies Diaz Dubois "
    "Edwards Evans Fischer Foster Garcia Grant Green Hall Harris Hoffmann Hughes Ibrahim Jensen Johnson Jones Kaur "
    "Khan King Kowalski Larsen Lee Lewis Lopez Martin Meyer Moore Murphy Nowak Okafor Owen Palmer Patel Pereira Quinn "
    "Reed Rossi Ryan Sato Schmidt Shah Silva Singh Smith Taylor Turner Walsh Ward Weber Wilson Wood Wright Young Žák"
)
FIRST_NAMES, LAST_NAMES = _FIRST.split(), _LAST.split()
STREETS = ("Elm Street", "Station Road", "Mill Lane", "High Street", "Church Road", "Park Avenue", "Bridge Street")
INTERESTS = ("coast", "city", "theatre", "garden", "football", "markets")
LEVELS = ("gold", "silver", "bronze")

# Ranges that the numbering authorities of both countries keep for fiction; each place has as many as it says.
UK_MOBILE = ("+44 7700 900{:03}", 400)
UK_PLACES = {
    "London": "+44 20 7946 0{:03}",
    "Leeds": "+44 113 496 0{:03}",
    "Sheffield": "+44 114 496 0{:03}",
    "Bristol": "+44 117 496 0{:03}",
    "Birmingham": "+44 121 496 0{:03}",
    "Edinburgh": "+44 131 496 0{:03}",
    "Glasgow": "+44 141 496 0{:03}",
    "Manchester": "+44 161 496 0{:03}",
}
US_PLACES = {
    "New York": ("+1 212 555 01{:02}", "America/New_York"),
    "Boston": ("+1 617 555 01{:02}", "America/New_York"),
    "Chicago": ("+1 312 555 01{:02}", "America/Chicago"),
    "Denver": ("+1 303 555 01{:02}", "America/Denver"),
    "Seattle": ("+1 206 555 01{:02}", "America/Los_Angeles"),
}
ENDINGS = {"gold": "example.com", "silver": "example.org", "bronze": "example.net"}


class Person(NamedTuple):
    """One invented contact; the fields are those of a contact."""

    phone: str
    first_name: str
    last_name: str
    email: str
    address: str
    custom1: str
    custom2: str
    custom3: str
    description: str
    time_zone: str


def people(count: int, dice: Random) -> list[Person]:
    """Invent `count` people (at most 1,300), those on the sandbox's magic numbers first."""
    ordinary = list(_numbers())
    dice.shuffle(ordinary)
    magic = [(number, "Washington", "America/New_York") for number in MAGIC]
    return [_person(at, *where, dice) for at, where in enumerate(islice((*magic, *ordinary), count))]


def _person(at: int, phone: str, place: str, zone: str, dice: Random) -> Person:
    first, last, level = dice.choice(FIRST_NAMES), dice.choice(LAST_NAMES), dice.choice(LEVELS)
    name = f"{first}.{last}{at}".lower().replace("ë", "e").replace("ž", "z").replace("á", "a")
    cause = MAGIC.get(phone)
    return Person(
        phone=phone,
        first_name=first,
        last_name=last,
        email=f"{name}@{ENDINGS[level]}",
        address=f"{dice.randint(1, 180)} {dice.choice(STREETS)}, {place}",
        custom1=level,
        custom2=dice.choice(INTERESTS),
        custom3=f"C{10_000 + at}",
        description=f"The sandbox carrier always answers this number so: {cause}." if cause else "",
        time_zone=zone,
    )


def _numbers() -> Iterator[tuple[str, str, str]]:
    mobile, count = UK_MOBILE
    places = list(UK_PLACES)
    for at in range(count):
        yield mobile.format(at), places[at % len(places)], "Europe/London"
    for place, number in UK_PLACES.items():
        for at in range(50):
            yield number.format(at), place, "Europe/London"
    for place, (number, zone) in US_PLACES.items():
        for at in range(100):
            yield number.format(at), place, zone
