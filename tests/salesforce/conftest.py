from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import responses

from sfassign.salesforce import AccessToken, SalesforceOrg
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
