"""What a person types into a search box, turned into look-ups that an index answers."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import Model, Q, QuerySet

from telephony.models.people import SEALED, Contact
from telephony.services.numbers import to_e164

LOOKS_LIKE_A_NUMBER = re.compile(r"[#+(]?[0-9\s().+-]*[0-9][0-9\s().-]*")
LARGEST_ID = 2**63 - 1


def narrow(
    rows: QuerySet[Any],
    term: str,
    *,
    number: str = "",
    prefixes: Sequence[str] = (),
    regions: Callable[[], Iterable[str]] = tuple,
) -> QuerySet[Any]:
    """Keep the rows that a term means.

    Digits are an id or, where the rows have a `number` (E.164), a phone number in any form; anything else is the start
    of one of the `prefixes`, two words the start of two of them. What can mean nothing here finds nothing. A number in
    national form is read in the installation's region and in the `regions`, which are asked for only then; it never
    finds who is sealed.
    """
    term = term.strip().replace("\0", "")
    if not term:
        return rows
    if LOOKS_LIKE_A_NUMBER.fullmatch(term):
        return rows.filter(_numbers(rows.model, term, number, regions))
    return rows.filter(_starts(term, prefixes)) if prefixes else rows.none()


def _numbers(model: type[Model], term: str, number: str, regions: Callable[[], Iterable[str]]) -> Q:
    meant = Q(pk__in=[])
    digits = re.sub(r"\D", "", term)
    if term.lstrip("#") == digits and int(digits) <= LARGEST_ID:
        meant |= Q(pk=int(digits))
    if number and not term.startswith("#"):
        called = Q(**{f"{number}__in": forms_of(term, regions())})
        meant |= called & ~Q(phone=SEALED) if model is Contact else called
    return meant


def forms_of(typed: str, regions: Iterable[str] = ()) -> set[str]:
    """The E.164 numbers that a person may mean: dialled here, in `regions`, or with the country's code and no plus."""
    digits = re.sub(r"\D", "", typed)
    read = (to_e164(typed), to_e164(f"+{digits}"), *(to_e164(typed, region) for region in regions))
    return {number for number in read if number}


def _starts(term: str, prefixes: Sequence[str]) -> Q:
    meant = Q()
    for name in prefixes:
        meant |= Q(**{f"{name}__istartswith": term})
    first, _, second = term.partition(" ")
    if second and len(prefixes) > 1:
        one, other = prefixes[:2]
        meant |= Q(**{f"{one}__istartswith": first, f"{other}__istartswith": second.strip()})
        meant |= Q(**{f"{other}__istartswith": first, f"{one}__istartswith": second.strip()})
    return meant
