"""What the org does to writes now and then, and how the next cycles go on."""

from __future__ import annotations

from tests.cycle.world import World

MAINTENANCE = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"


def test_a_read_only_org_is_read_on_and_written_to_when_it_is_over(world: World) -> None:
    leads = world.add_leads(2)
    app = world.app()
    for lead in leads:
        world.org.faults.refuse(lead, MAINTENANCE, "read only during maintenance", 503)
    for _ in range(3):
        report = world.cycle(app)
        assert report.assigned == ()
        assert {line.code for line in report.failed} <= {MAINTENANCE}
    assert [world.owner(lead) for lead in leads] == [world.queue] * 2
    for lead in leads:
        world.org.faults.allow(lead)
    again = [line.id for _ in range(4) for line in world.cycle(app).assigned]
    assert sorted(again) == sorted(leads)
