"""Tells systemd how the daemon is: the sd_notify protocol, one datagram (man 3 sd_notify). A no-op elsewhere."""

from __future__ import annotations

import os
import socket


def tell_alive() -> None:
    """Tell the watchdog that the work goes on."""
    tell_systemd("WATCHDOG=1")


def tell_systemd(state: str) -> None:
    """Send `READY=1`, `STOPPING=1` or `WATCHDOG=1`. A notice that cannot be delivered is systemd's to miss."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notices:
        notices.setblocking(False)
        try:
            notices.sendto(state.encode(), target)
        except OSError:
            return
