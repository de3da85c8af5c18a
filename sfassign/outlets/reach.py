"""Whether a host is this machine: only then may a secret travel unencrypted. Used by both outlets."""

from __future__ import annotations

import ipaddress


def is_loopback(hostname: str) -> bool:
    if hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return False
