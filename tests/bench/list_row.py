"""A page of 50 contacts out of 1,000,000 over HTTP, signed in by key, beside a bare view on prepared SQL."""

from tests.bench.row import Row
from tests.bench.web import Ask, house, http_rates, same_answer


def measure() -> Row:
    """Pages that begin anywhere in the list; both sides answer the same bytes."""
    contacts = house()

    def bare(last: int = 0) -> Ask:
        return Ask(f"/bare/{contacts.owner.pk}/contacts/after/{last or contacts.somebody()}")

    def ours(last: int = 0) -> Ask:
        return Ask(f"/api/contacts?limit=50&after_id={last or contacts.somebody()}")

    same_answer(contacts.key, bare(contacts.first), ours(contacts.first))
    return Row("list of 50 of 1,000,000 contacts", *http_rates(contacts.key, bare, ours), hold=0.35, reach=0.65)
