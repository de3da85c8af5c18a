"""While a plan is made the garbage collector rests, and afterwards it works as it did before."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sfassign.core.decision import Plan
from sfassign.core.engine import decide
from sfassign.core.policy import Policy
from sfassign.cycle import Ports, preview, run_cycle
from sfassign.outcome import CycleReport
from sfassign.uncollected import uncollected
from tests.cycle.world import World


@pytest.fixture(autouse=True)
def _collecting() -> Iterator[None]:
    yield
    gc.enable()


def test_it_rests_inside_and_works_again_outside() -> None:
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_inner_pause_does_not_end_the_outer_one() -> None:
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_works_again_after_a_plan_that_failed() -> None:
    with pytest.raises(ZeroDivisionError), uncollected():
        raise ZeroDivisionError
    assert gc.isenabled()


def test_whoever_runs_without_collecting_keeps_it_so() -> None:
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()


def test_a_plan_made_beside_another_keeps_the_collector_resting_until_both_are_done() -> None:
    inside, done = threading.Event(), threading.Event()

    def beside() -> None:
        with uncollected():
            inside.set()
            done.wait(10)

    other = threading.Thread(target=beside)
    with uncollected():
        other.start()
        inside.wait(10)
    assert not gc.isenabled()
    done.set()
    other.join(10)
    assert gc.isenabled()


@pytest.mark.parametrize("run", [run_cycle, preview], ids=["a cycle", "a dry run"])
def test_no_collection_walks_the_waiting_line_while_it_is_decided(
    world: World, monkeypatch: pytest.MonkeyPatch, run: Callable[[Ports, Policy], CycleReport]
) -> None:
    world.add_leads(3)
    app = world.app()
    collecting: list[bool] = []

    def watched(*given: Any) -> Plan:
        collecting.append(gc.isenabled())
        return decide(*given)

    monkeypatch.setattr("sfassign.cycle.decide", watched)
    assert len(run(app.ports, app.policy).assigned) == 3
    assert (collecting, gc.isenabled()) == ([False], True)
