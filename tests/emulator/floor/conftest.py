"""A floor in an org of its own, and one that a simple router served for a whole day."""

from __future__ import annotations

import datetime as dt

import pytest

from .world import SEED, World


@pytest.fixture
def world() -> World:
    return World(SEED)


@pytest.fixture(scope="package")
def fresh() -> World:
    """Just built. Only for tests that change nothing."""
    return World(SEED)


@pytest.fixture(scope="package")
def served() -> World:
    """A day in which a router gave every waiting item to someone at work. Only for tests that change nothing."""
    made = World(SEED)
    for _ in range(24 * 12):
        made.let(dt.timedelta(minutes=5))
        made.hand_out()
    return made


@pytest.fixture(scope="package")
def unserved() -> World:
    """The same day without any router. Only for tests that change nothing."""
    made = World(SEED)
    made.let(dt.timedelta(hours=24))
    return made
