from __future__ import annotations

import ipaddress

import pytest
import yarl

from kolba.kit.egress import errors, policy


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_inside_are_refused(address: str) -> None:
    assert not policy.Policy().permits(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::", "2606:4700::1"]
)
def test_public_addresses_are_permitted(address: str) -> None:
    assert policy.Policy().permits(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["10.0.0.7", "::ffff:10.0.0.7"])
def test_the_operator_can_allow_a_network(address: str) -> None:
    allowed = policy.Policy(allowed_networks=(ipaddress.ip_network("10.0.0.0/24"),))
    assert allowed.permits(ipaddress.ip_address(address))
    assert not allowed.permits(ipaddress.ip_address("10.0.1.7"))


def test_a_redirect_may_not_leave_https() -> None:
    with pytest.raises(errors.UrlRefused, match="leave https"):
        policy.next_url(yarl.URL("https://a.test/x"), "http://a.test/y")


def test_a_relative_redirect_stays_on_its_host() -> None:
    assert str(policy.next_url(yarl.URL("https://a.test/x/y"), "z?q=1")) == "https://a.test/x/z?q=1"


def test_what_is_shown_of_a_url_has_no_secrets() -> None:
    url = yarl.URL("https://me:word@a.test/x?token=1#part")
    assert policy.shown(url) == "https://a.test/x"
