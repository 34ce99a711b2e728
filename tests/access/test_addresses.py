"""Who is calling, and from an allowed address?"""

import pytest
from django.test import RequestFactory

from access.addresses import address_is_allowed, client_address, limit_scope, normal_network


def seen(settings, proxies, forwarded, remote="192.0.2.9"):
    settings.TRUSTED_PROXIES = proxies
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded is not None else {}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "192.0.2.9"),
        (0, "203.0.113.1", "192.0.2.9"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "10.0.0.1, 203.0.113.1", "203.0.113.1"),
        (2, "10.0.0.1, 203.0.113.1, 198.51.100.7", "203.0.113.1"),
        (2, "203.0.113.1", "192.0.2.9"),
        (1, "", "192.0.2.9"),
        (1, "garbage", None),
        (1, "203.0.113.1:4711", "203.0.113.1"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "2001:DB8:0::1", "2001:db8::1"),
        (1, "::ffff:203.0.113.1", "203.0.113.1"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(settings, proxies, forwarded, address):
    assert seen(settings, proxies, forwarded) == address


def test_a_forged_header_changes_nothing(settings):
    honest = seen(settings, 1, "203.0.113.1")
    forged = seen(settings, 1, "127.0.0.1, 10.0.0.1, 203.0.113.1")

    assert forged == honest == "203.0.113.1"


def test_a_unix_socket_without_proxies_has_no_address(settings):
    assert seen(settings, 0, "203.0.113.1", remote="") is None


@pytest.mark.parametrize(
    ("allowed", "address", "answer"),
    [
        ([], "203.0.113.1", True),
        ([], None, True),
        (["203.0.113.1"], "203.0.113.1", True),
        (["203.0.113.1"], "203.0.113.2", False),
        (["203.0.113.1"], None, False),
        (["203.0.113.0/24"], "203.0.113.77", True),
        (["203.0.113.0/24"], "203.0.114.1", False),
        (["2001:db8::/32"], "2001:db8:1::5", True),
        (["2001:db8::/32"], "2001:db9::5", False),
        (["2001:db8::/32", "10.0.0.0/8"], "10.1.2.3", True),
        (["2001:db8::/32"], "10.1.2.3", False),
        (["10.0.0.0/8"], "::ffff:10.1.2.3", True),
    ],
)
def test_an_allow_list_covers_addresses_and_networks(allowed, address, answer):
    assert address_is_allowed(address, allowed) is answer


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (" 10.1.2.3 ", "10.1.2.3"),
        ("10.1.2.3/16", "10.1.0.0/16"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("2001:db8::1/64", "2001:db8::/64"),
        ("10.1.2.3/32", "10.1.2.3"),
    ],
)
def test_networks_have_one_form(given, stored):
    assert normal_network(given) == stored


def test_a_limit_counts_an_ipv6_household_as_one_caller():
    assert limit_scope("2001:db8:1:2::1") == limit_scope("2001:db8:1:2:ffff::9") != limit_scope("2001:db8:1:3::1")
    assert limit_scope("203.0.113.1") != limit_scope("203.0.113.2")
    assert limit_scope(None) == "unknown"
