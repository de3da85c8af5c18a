"""What holds for every test: the local org has no fault of its own, over a socket and in a subrequest neither; and no
test logs as another one set it up."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from sfassign.emulator import rest


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


@pytest.fixture(autouse=True)
def org_faults() -> Iterator[list[str]]:
    """What the org logged of itself, with the traceback; a test that means it empties the list."""
    kept = _Kept()
    rest.log.addHandler(kept)
    try:
        yield kept.texts
    finally:
        rest.log.removeHandler(kept)
    assert not kept.texts, f"the local org answered 500 for a fault of its own:\n{kept.texts[0]}"


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command that ran in this process has told the logs its own stream and format."""
    yield
    structlog.reset_defaults()
