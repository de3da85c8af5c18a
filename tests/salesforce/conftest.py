from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import rsa

from sfassign.emulator import LocalOrg, serve
from sfassign.salesforce import AccessToken, SalesforceOrg
from tests.salesforce.acme import Acme
from tests.salesforce.answers import COMPOSITE, HOST, TOKEN, SteppingClock, dated

Answering = Callable[..., None]


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def org(clock: SteppingClock) -> SalesforceOrg:
    return SalesforceOrg(AccessToken(HOST, TOKEN), clock, timeout_seconds=7, write_timeout_seconds=28)


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    """The network, with recorded answers."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def answer(http: responses.RequestsMock, clock: SteppingClock) -> Answering:
    """`answer(json=…, status=…)` queues the next answer of /composite."""

    def queue(status: int = 200, **content: object) -> None:
        http.add(responses.POST, COMPOSITE, status=status, headers=dated(clock), **content)  # type: ignore[arg-type] # passed on as given

    return queue


@pytest.fixture(scope="module")
def robot_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(params=["in process", "over TLS"])
def acme(request: pytest.FixtureRequest, clock: SteppingClock, robot_key: rsa.RSAPrivateKey) -> Iterator[Acme]:
    local = LocalOrg(clock.now, seed=1)
    if request.param == "over TLS":
        with serve(local) as server:
            made = Acme(clock, local, server.url, Path(str(server.ca_bundle)))
            yield from _used(made, robot_key)
    else:
        yield from _used(Acme(clock, local, "https://acme.my.salesforce.com", None), robot_key)
    local.close()


def _used(acme: Acme, key: rsa.RSAPrivateKey) -> Iterator[Acme]:
    acme.make_ready(key)
    yield acme
    for org in acme.opened:
        org.transport.close()
