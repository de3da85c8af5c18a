"""Real sockets that misbehave: nobody listens, the certificate is a stranger's, the answer never comes."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from sfassign.emulator import LocalOrg, serve
from sfassign.errors import OrgUnreachable
from sfassign.ports import Answer, ObjectRead, OwnerChange, PollRequest
from sfassign.salesforce import AccessToken, SalesforceOrg
from tests.salesforce.answers import ALICE, LEAD, NOON, TOKEN, SteppingClock

FROZEN = PollRequest(frozen=True)
READS = {"Lead": ObjectRead("Lead", ())}
CHANGES = [OwnerChange(1, "Lead", LEAD, ALICE, NOON)]
Connecting = Callable[[str], SalesforceOrg]


@pytest.fixture
def connect(clock: SteppingClock) -> Iterator[Connecting]:
    opened: list[SalesforceOrg] = []

    def make(url: str) -> SalesforceOrg:
        opened.append(SalesforceOrg(AccessToken(url, TOKEN), clock, timeout_seconds=0.2, write_timeout_seconds=0.4))
        return opened[-1]

    yield make
    for org in opened:
        org.transport.close()


@pytest.fixture
def mute() -> Iterator[str]:
    """A host that takes every request and says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(listening.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in taken:
            one.close()


@pytest.fixture(params=["headers", "body", "chunks"])
def trickling(request: pytest.FixtureRequest) -> Iterator[str]:
    """A host that begins to answer every request and sends a byte now and then, for longer than anybody waits."""
    begun = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    begin, drop = {
        "headers": (begun, b"a"),
        "body": (begun + b"Content-Length: 100000\r\n\r\n", b" "),
        "chunks": (begun + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    }[request.param]

    class Trickle(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                self.request.recv(65_536)
                self.request.sendall(begin)
                while not over.wait(0.02):
                    self.request.sendall(drop)

    over = threading.Event()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Trickle) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as bound:
        return f"http://127.0.0.1:{bound.getsockname()[1]}"


def test_a_host_that_never_answers_is_given_up(connect: Connecting, mute: str) -> None:
    org = connect(mute)
    with pytest.raises(OrgUnreachable, match="connected, but no answer in time"):
        org.poll(FROZEN)
    assert org.calls == 4


def test_a_write_to_a_host_that_never_answers_may_have_landed(connect: Connecting, mute: str) -> None:
    [result] = connect(mute).write(CHANGES, READS)
    assert result.answer is Answer.UNKNOWN


def test_an_answer_that_trickles_is_given_up(connect: Connecting, trickling: str) -> None:
    org = connect(trickling)
    with pytest.raises(OrgUnreachable, match="in time"):
        org.poll(FROZEN)
    assert org.calls == 4


def test_a_write_whose_answer_trickles_may_have_landed(connect: Connecting, trickling: str) -> None:
    [result] = connect(trickling).write(CHANGES, READS)
    assert result.answer is Answer.UNKNOWN


def test_a_write_to_nobody_has_not_landed(connect: Connecting, nobody: str) -> None:
    org = connect(nobody)
    with pytest.raises(OrgUnreachable, match="Connection refused"):
        org.write(CHANGES, READS)
    assert org.calls == 0


def test_a_proxy_that_is_not_there_is_named(clock: SteppingClock, nobody: str) -> None:
    org = SalesforceOrg(AccessToken("https://acme.my.salesforce.com", TOKEN), clock, proxy=nobody)
    with pytest.raises(OrgUnreachable, match=r"no answer from acme\.my\.salesforce\.com: the proxy .*SFASSIGN_PROXY"):
        org.write(CHANGES, READS)
    assert org.calls == 0
    org.transport.close()


def test_a_strangers_certificate_ends_the_talk_before_it_begins(connect: Connecting, clock: SteppingClock) -> None:
    local = LocalOrg(clock.now)
    with serve(local) as server:
        org = connect(server.url)
        with pytest.raises(OrgUnreachable, match="SFASSIGN_CA_BUNDLE"):
            org.write(CHANGES, READS)
        assert not local.log
    local.close()
