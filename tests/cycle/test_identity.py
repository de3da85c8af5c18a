"""Credentials of another org behind the same database: nothing of it is believed, and nothing is written."""

from __future__ import annotations

import dataclasses

import pytest

from sfassign.core.journal import State
from sfassign.emulator import LocalOrg
from sfassign.errors import WrongOrg
from sfassign.storage import Views
from tests.cycle.world import World


def elsewhere(world: World) -> World:
    """The same folder, with credentials of another org."""
    other = dataclasses.replace(world)
    other.org = LocalOrg(world.clock.now, seed=99)
    other.token = other.org.issue_token()
    return other


def lose_the_answer(world: World) -> None:
    """What the next call writes lands, and its answer does not arrive."""

    def break_off() -> None:
        world.org.faults.fail(method="POST", path="composite", drop=True, after=True)

    world.org.faults.between(break_off, method="POST", path="composite$", after=True)


def test_a_write_without_an_answer_stays_open_until_its_own_org_is_read(world: World) -> None:
    app = world.app()
    world.cycle(app)
    (lead,) = world.add_leads(1)
    lose_the_answer(world)
    world.cycle(app)
    assert [entry.state for entry in app.store.open_entries()] == [State.SENT]
    other = elsewhere(world)
    with pytest.raises(WrongOrg, match="belongs to"):
        other.cycle(other.app())
    assert [entry.state for entry in app.store.open_entries()] == [State.SENT]
    again = world.app()
    assert [line.id for line in world.cycle(again).assigned] == [lead]
    (row,) = Views(again.store).history()
    assert row.entry.state is State.CONFIRMED


def test_what_the_objects_of_another_org_look_like_is_not_kept(world: World) -> None:
    app = world.app()
    world.cycle(app)
    known = app.store.fact("shape:lead")
    world.clock.pass_by(hours=2)
    with pytest.raises(WrongOrg):
        elsewhere(world).app().check_policy()
    assert app.store.fact("shape:lead") == known


def test_a_new_process_makes_sure_of_its_org_without_a_call_of_its_own(world: World) -> None:
    app = world.app()
    app.check_policy()
    world.cycle(app)
    again = world.app()
    again.check_policy()
    assert world.cycle(again).api_calls == again.org.calls == 1
