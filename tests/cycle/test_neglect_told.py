"""Who hears of neglect: the owner before anything is taken, both when it was."""

from __future__ import annotations

from tests.cycle.neglected import given, later, neglect
from tests.cycle.world import World


def test_the_owner_is_reminded_by_the_groups_outlets_and_both_hear_of_the_change(world: World) -> None:
    app, (lead,) = given(world, neglect(remind_before="5m") + "    notify: [salesforce]\n")
    owner = world.owner(lead)
    later(world, app, 40)
    new = world.owner(lead)
    assert new != owner
    told = [
        (one.notice.kind.value, one.notice.user, one.notice.item)
        for one in app.store.notice_box(world.clock.now(), 100).due
    ]
    assert told == [
        ("assigned", owner, lead),
        ("reminder", owner, lead),
        ("reassigned", new, lead),
        ("taken_away", owner, lead),
    ]


def test_a_return_to_the_queue_is_told_to_whom_it_was_taken_from_alone(world: World) -> None:
    app, (lead,) = given(world, neglect("return") + "    notify: [salesforce]\n")
    owner = world.owner(lead)
    later(world, app, 31)
    told = [(one.notice.kind.value, one.notice.user) for one in app.store.notice_box(world.clock.now(), 100).due]
    assert told[:2] == [("assigned", owner), ("taken_away", owner)]
