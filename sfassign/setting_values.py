"""The types of single settings: text in, a typed value or what was expected out. `settings` annotates with them."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from typing import Annotated

from pydantic import BeforeValidator

from sfassign.core.durations import LONGEST, TOO_LONG, parse_duration

LONGEST_PATIENCE = dt.timedelta(hours=24)
"""Sockets count their time-outs in milliseconds of 31 bits, and a write has four times as long."""

_BUDGET = re.compile(r"([0-9]{1,12})\s*(%?)")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_DOMAIN_EXPECTED = "expected login, test or a My Domain such as acme.my"
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.?")
_WEB_EXPECTED = "expected an address such as 127.0.0.1:8600 or [::1]:8600, or off"


def _duration(value: object) -> object:
    if isinstance(value, dt.timedelta):
        return value
    duration = parse_duration(str(value).strip())
    if duration is None or duration <= dt.timedelta(0):
        raise ValueError("expected a duration such as 30s, 5m, 24h or 2d")
    if duration > LONGEST:
        raise ValueError(f"expected a duration such as 30s, 5m, 24h or 2d; this one is {TOO_LONG}")
    return duration


def _patience(value: object) -> object:
    duration = _duration(value)
    if isinstance(duration, dt.timedelta) and duration > LONGEST_PATIENCE:
        raise ValueError("expected a duration such as 30s or 2m; a request is waited for 24h at most")
    return duration


def _boolean(value: object) -> object:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if isinstance(value, bool):
        return value
    try:
        return words[str(value).strip().lower()]
    except KeyError:
        raise ValueError("expected true or false") from None


def _budget(value: object) -> str:
    found = _BUDGET.fullmatch(str(value).strip())
    number = int(found[1]) if found else 0
    if found is None or number == 0 or (found[2] and number > 100):
        raise ValueError("expected a share such as 20% or a number of requests per 24 hours such as 15000")
    return f"{number}{found[2]}"


def _domain(value: object) -> str:
    """What stands before `.salesforce.com`."""
    text = str(value).strip()
    inner = text.lower().removeprefix("https://").rstrip("/").removesuffix(".salesforce.com")
    if inner != text.lower() and _DOMAIN.fullmatch(inner):
        raise ValueError(f"{_DOMAIN_EXPECTED}, without .salesforce.com; did you mean {inner}?")
    if not _DOMAIN.fullmatch(text):
        raise ValueError(_DOMAIN_EXPECTED)
    if inner.endswith((".com", ".mil", ".cn")):
        raise ValueError(f"{_DOMAIN_EXPECTED}; SFASSIGN_LOGIN_URL takes a login host that ends otherwise")
    return text


def _web(value: object) -> str:
    text = str(value).strip()
    host, _, port = text.rpartition(":")
    if text.lower() == "off":
        return "off"
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) <= 65_535 or not _is_host(host):
        raise ValueError(_WEB_EXPECTED)
    return text


def _is_host(text: str) -> bool:
    if text.startswith("[") and text.endswith("]"):
        return _address(text[1:-1]) is not None
    if re.fullmatch(r"[0-9.]+", text):
        return _address(text) is not None
    return _HOST.fullmatch(text) is not None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def only_here(web: str) -> bool:
    """Whether nobody but this machine can reach the web address."""
    host = web.rpartition(":")[0].removeprefix("[").removesuffix("]")
    found = _address(host)
    return web == "off" or host.lower() == "localhost" or (found is not None and found.is_loopback)


Duration = Annotated[dt.timedelta, BeforeValidator(_duration)]
"""More than no time, ten years at most."""

Patience = Annotated[dt.timedelta, BeforeValidator(_patience)]
"""How long a request may take: 24 hours at most."""

Boolean = Annotated[bool, BeforeValidator(_boolean)]
Budget = Annotated[str, BeforeValidator(_budget)]
Domain = Annotated[str, BeforeValidator(_domain)]
WebAddress = Annotated[str, BeforeValidator(_web)]
