"""systemd hears when the daemon is ready, stopping and alive."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sfassign.systemd import tell_systemd


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_systemd_is_told(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = str(tmp_path / "notify") if kind == "path" else f"@sfassign-test-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind("\0" + address[1:] if kind == "abstract" else address)
        heard.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        tell_systemd("READY=1")
        assert heard.recv(64) == b"READY=1"


@pytest.mark.parametrize("address", ["", "nonsense", "/nowhere/notify"])
def test_without_systemd_nothing_happens(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    tell_systemd("READY=1")
