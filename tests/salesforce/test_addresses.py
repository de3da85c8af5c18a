from __future__ import annotations

import pytest

from sfassign.errors import WrongSettings
from sfassign.salesforce.addresses import safe_host


@pytest.mark.parametrize(
    ("url", "netloc", "loopback"),
    [
        ("https://acme.my.salesforce.com", "acme.my.salesforce.com", False),
        ("https://ACME.my.salesforce.com/", "acme.my.salesforce.com", False),
        ("https://org.example:8443/some/path", "org.example:8443", False),
        ("http://127.0.0.1:8600", "127.0.0.1:8600", True),
        ("http://127.8.9.1:80", "127.8.9.1:80", True),
        ("http://localhost:1", "localhost:1", True),
        ("http://[::1]:8600", "[::1]:8600", True),
    ],
)
def test_secrets_go_over_https_or_stay_on_this_machine(url: str, netloc: str, loopback: bool) -> None:
    host = safe_host(url, "SFASSIGN_INSTANCE_URL")
    assert (host.netloc, host.loopback) == (netloc, loopback)


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.my.salesforce.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://10.0.0.1",
        "ftp://acme.my.salesforce.com",
        "acme.my.salesforce.com",
        "https://",
        "https://user:word@acme.my.salesforce.com",
        "https://[::1",
        "https://host:port",
        "",
    ],
)
def test_any_other_address_is_refused_and_the_setting_named(url: str) -> None:
    with pytest.raises(WrongSettings, match="SFASSIGN_INSTANCE_URL"):
        safe_host(url, "SFASSIGN_INSTANCE_URL")
