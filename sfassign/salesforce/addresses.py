"""Which URLs a secret may be sent to: HTTPS anywhere, plain HTTP on this machine only. Asked for every host we use."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from sfassign.errors import WrongSettings


@dataclass(frozen=True, slots=True)
class Host:
    """Scheme and host of an org or its login; `netloc` is `host[:port]`."""

    scheme: str
    netloc: str
    loopback: bool

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    @property
    def plain(self) -> bool:
        return self.scheme == "http"


def safe_host(url: str, called: str) -> Host:
    """The host of a URL. `called` names the setting. Raises WrongSettings unless HTTPS, or HTTP on loopback."""
    try:
        parts = urlsplit(url.strip())
        hostname, port = parts.hostname, parts.port
    except ValueError:
        hostname, port = None, None
        parts = urlsplit("")
    if parts.scheme not in ("https", "http") or not hostname or "@" in parts.netloc:
        raise WrongSettings(f"{called} must be a URL such as https://acme.my.salesforce.com")
    loopback = _is_loopback(hostname)
    if parts.scheme == "http" and not loopback:
        raise WrongSettings(f"{called} must begin with https:// (plain http is for this machine only)")
    literal = f"[{hostname}]" if ":" in hostname else hostname
    return Host(parts.scheme, f"{literal}:{port}" if port else literal, loopback)


def _is_loopback(hostname: str) -> bool:
    if hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return False
