"""Who may call which endpoint, about whose rows (ICTCore 1.5 to 1.11, 6.2, 6.3)."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver

from config.urls import urlpatterns
from tests.telephony.api.conftest import error_of
from tests.telephony.api.endpoints import ENDPOINTS, NOWHERE

pytestmark = pytest.mark.django_db
every_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)


PUBLIC = {"POST authenticate", "POST authenticate/refresh", "POST authenticate/cancel", "GET schema", "GET docs"}


def routes() -> set[str]:
    """`METHOD address` of every route below /api/, ids as {}."""
    return {
        f"{method} {re.sub('<[^>]+>', '{}', address)}"
        for address, route in addresses(urlpatterns)
        for method in methods(route)
    }


def addresses(routes: list, above: str = "") -> Iterator[tuple[str, URLPattern]]:
    for route in routes:
        address = above + str(route.pattern)
        if isinstance(route, URLResolver):
            yield from addresses(route.url_patterns, address)
        elif address.startswith("api/"):
            yield address.removeprefix("api/"), route


def methods(route: URLPattern) -> list[str]:
    known = ("get", "post", "put", "delete")
    actions = getattr(route.callback, "actions", None)
    here = actions or [name for name in known if hasattr(route.callback.view_class, name)]
    return [name.upper() for name in known if name in here]


def test_the_table_of_endpoints_leaves_none_out():
    assert {re.sub(r"\{\w+\}", "{}", str(endpoint)) for endpoint in ENDPOINTS} | PUBLIC == routes()


@every_endpoint
def test_nobody_gets_in_without_credentials(endpoint, api):
    answer = endpoint.call(api(), NOWHERE)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Basic")
    assert error_of(answer)


@every_endpoint
def test_each_right_is_needed_and_together_they_are_enough(endpoint, world_of, holder_of, api):
    for missing in endpoint.rights:
        caller = holder_of(*(right for right in endpoint.rights if right != missing))
        assert endpoint.call(api(caller), NOWHERE).status_code == 403, f"without {missing}"

    caller = holder_of(*endpoint.rights)
    assert endpoint.call(api(caller), world_of(caller)).status_code == endpoint.success


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.own], ids=str)
def test_rows_of_others_are_not_found(endpoint, world, holder_of, api):
    stranger = holder_of(*endpoint.rights)

    answer = endpoint.call(api(stranger), world)

    assert answer.status_code == 404
    assert error_of(answer).endswith("not found")


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.own], ids=str)
def test_whoever_holds_the_admin_rights_reaches_the_rows_of_others(endpoint, world, holder_of, api):
    stems = ("contact", "group", "text", "recording", "template", "program", "transmission", "spool", "campaign")
    boss = holder_of(*endpoint.rights, *(f"{stem}_admin" for stem in (*stems, "account", "user")))

    assert endpoint.call(api(boss), world).status_code == endpoint.success


@pytest.mark.parametrize(
    "path",
    [
        *("contacts", "groups", "texts", "recordings", "templates", "programs", "programs/sendsms"),
        *("transmissions", "smses", "campaigns", "schedules", "accounts", "extensions", "dids", "fpbx_extensions"),
    ],
)
def test_lists_hold_the_callers_own_rows_only(path, world, world_of, make_user, api):
    stranger = make_user(roles=["user"])
    world_of(stranger)

    rows = api(stranger).get(f"/api/{path}").json()

    assert rows
    assert {row["user_id"] for row in rows} == {stranger.pk}


def test_the_role_admin_alone_sees_no_contacts(world, make_user, api):
    assert api(make_user(roles=["admin"])).get("/api/contacts").status_code == 403


def test_both_roles_together_see_everybodys_contacts(world, make_user, api):
    rows = api(make_user(roles=["admin", "user"])).get("/api/contacts").json()

    assert [row["contact_id"] for row in rows] == [world.contact.pk]
