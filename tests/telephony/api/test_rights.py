"""Who may call which endpoint, about whose rows (ICTCore 1.5 to 1.11, 6.2, 6.3)."""

import re

import pytest

from access.api.urls import urlpatterns as access_urls
from telephony.api.urls import urlpatterns as telephony_urls
from tests.telephony.api.conftest import allow, error_of, undone
from tests.telephony.api.endpoints import ENDPOINTS, NOWHERE

pytestmark = pytest.mark.django_db

PUBLIC = {"POST authenticate", "POST authenticate/refresh", "POST authenticate/cancel"}
OWN = [each for each in ENDPOINTS if each.own]


def routes() -> set[str]:
    """`METHOD address` of every route of the contract, ids as {}."""
    known = ("get", "post", "put", "delete")
    return {
        f"{name.upper()} {re.sub('<[^>]+>', '{}', str(route.pattern))}"
        for route in (*access_urls, *telephony_urls)
        for name in known
        if name in (getattr(route.callback, "actions", None) or vars(route.callback.view_class))
    }


def others(endpoints, call, expected):
    """Of the calls, those that were answered otherwise than expected; what they do is undone."""
    found = {}
    for endpoint in endpoints:
        with undone():
            answer = call(endpoint)
        if not expected(endpoint, answer):
            found[str(endpoint)] = answer.status_code
    return found


def is_404(endpoint, answer):
    return answer.status_code == 404 and error_of(answer).endswith("not found")


def is_success(endpoint, answer):
    return answer.status_code == endpoint.success


def test_the_table_of_endpoints_leaves_none_out():
    assert {re.sub(r"\{\w+\}|-[123]$", "{}", str(endpoint)) for endpoint in ENDPOINTS} | PUBLIC == routes()


def test_nobody_gets_in_without_credentials(api):
    def is_401(endpoint, answer):
        return answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Basic") and error_of(answer)

    assert others(ENDPOINTS, lambda each: each.call(api(), NOWHERE), is_401) == {}


def test_each_right_is_needed(holder_of, api):
    caller = holder_of()
    client = api(caller)
    lacking = [(each, missing) for each in ENDPOINTS for missing in each.rights]

    def call(lack):
        endpoint, missing = lack
        allow(caller, *(right for right in endpoint.rights if right != missing))
        return endpoint.call(client, NOWHERE)

    assert others(lacking, call, lambda _, answer: answer.status_code == 403) == {}


def test_all_rights_together_are_enough(owner, world, api):
    owner.roles.clear()
    client = api(owner)

    def call(endpoint):
        allow(owner, *endpoint.rights, world.permission.name)  # one gives and takes only what one holds
        return endpoint.call(client, world)

    assert others(ENDPOINTS, call, is_success) == {}


def test_rows_of_others_are_not_found(world, holder_of, api):
    stranger = holder_of()
    client = api(stranger)

    def call(endpoint):
        allow(stranger, *endpoint.rights)
        return endpoint.call(client, world)

    assert others(OWN, call, is_404) == {}


def test_whoever_holds_the_admin_rights_reaches_the_rows_of_others(world, holder_of, api):
    stems = ("contact", "group", "text", "document", "recording", "template", "program", "transmission", "spool")
    boss = holder_of()
    client = api(boss)

    def call(endpoint):
        allow(boss, *endpoint.rights, *(f"{stem}_admin" for stem in (*stems, "campaign", "account", "user")))
        return endpoint.call(client, world)

    assert others(OWN, call, is_success) == {}


LISTS = (
    *("contacts", "groups", "texts", "documents", "recordings", "templates", "programs", "programs/sendsms"),
    *("transmissions", "smses", "campaigns", "schedules", "accounts", "extensions", "dids", "fpbx_extensions", "users"),
)


def test_lists_hold_the_callers_own_rows_only(world, world_of, make_user, api):
    stranger = make_user(roles=["user"])
    world_of(stranger)
    allow(stranger, "user_list")
    client = api(stranger)

    owners = {path: {row["user_id"] for row in client.get(f"/api/{path}").json()} for path in LISTS}

    assert {path for path, found in owners.items() if found != {stranger.pk}} == set()


def test_the_role_admin_alone_sees_no_contacts(world, make_user, api):
    assert api(make_user(roles=["admin"])).get("/api/contacts").status_code == 403


def test_both_roles_together_see_everybodys_contacts(world, make_user, api):
    rows = api(make_user(roles=["admin", "user"])).get("/api/contacts").json()

    assert [row["contact_id"] for row in rows] == [world.contact.pk]
