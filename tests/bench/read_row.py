"""One contact out of 1,000,000 over HTTP, signed in by key, beside a bare view on prepared SQL."""

from tests.bench.row import Row
from tests.bench.web import Ask, house, http_rates, same_answer


def measure() -> Row:
    """Any contact; both sides answer the same bytes."""
    contacts = house()

    def bare(pk: int = 0) -> Ask:
        return Ask(f"/bare/{contacts.owner.pk}/contacts/{pk or contacts.somebody()}")

    def ours(pk: int = 0) -> Ask:
        return Ask(f"/api/contacts/{pk or contacts.somebody()}")

    same_answer(contacts.key, bare(contacts.first), ours(contacts.first))
    return Row("one of 1,000,000 contacts", *http_rates(contacts.key, bare, ours), hold=0.25, reach=0.5)
