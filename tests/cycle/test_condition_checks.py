"""Before a start every condition of the policy is tried in the org, and the org's answers are held against ours."""

from __future__ import annotations

import pytest

from tests.cycle.proofs import conditions, spoken
from tests.cycle.world import POLICY, World

SCORED = """objects:
  Lead:
    score: {rules: [{when: "RULE", add: 5}]}
"""


def scored(rule: str) -> str:
    return SCORED.replace("RULE", rule) + POLICY


def test_a_policy_that_both_read_alike_is_praised_with_the_number_of_answers(world: World) -> None:
    world.add_leads(3)
    answers = 3 * 3 + world.org.count("User")  # three conditions on Lead, one on User
    said = f"4 run in the org, which agrees with sfassign on {answers} answers about its records"
    assert spoken(conditions(world)) == [("ok", said)]


def test_a_condition_the_org_refuses_is_told_with_its_place_in_the_file_and_the_others_are_tried(world: World) -> None:
    world.write_policy(scored("Rating = 'Hot'"))
    world.org.faults.fail(
        path="Rating", status=400, code="MALFORMED_QUERY", message="unexpected token: 'Rating'", times=-1
    )
    refused, praise = conditions(world)
    assert (refused.level, refused.exit_code) == ("error", 2)
    line = (
        world.policy_path.read_text().splitlines().index("    score: {rules: [{when: \"Rating = 'Hot'\", add: 5}]}") + 1
    )
    assert refused.said.startswith(f"{world.policy_path}:{line}:28: the org refuses this condition: MALFORMED_QUERY")
    assert "grant read access" in str(refused.mend)
    assert praise.level == "ok"


def test_a_condition_that_takes_the_org_too_long_is_a_doubt_and_no_error(world: World) -> None:
    world.write_policy(scored("Rating = 'Hot'"))
    world.org.faults.fail(path="Rating", status=400, code="QUERY_TIMEOUT", message="running for too long", times=-1)
    found, _ = conditions(world)
    assert (found.level, found.exit_code, "gives up on" in found.said) == ("warning", 0, True)
    assert "indexed field" in str(found.mend)


def test_a_condition_longer_than_an_address_may_be_is_told_and_the_others_are_tried(world: World) -> None:
    names = ", ".join(f"'Company number {number}'" for number in range(800))
    world.write_policy(scored(f"Company IN ({names})"))
    found, praise = conditions(world)
    assert (found.level, found.exit_code, praise.level) == ("warning", 0, "ok")
    assert "cannot be asked this condition: URI_TOO_LONG" in found.said
    assert "costs more calls" in str(found.mend)


def test_answers_that_differ_are_named_with_the_record_and_who_is_right(world: World) -> None:
    """An org in which `!=` does not hold for empty fields: its documentation leaves that open."""
    world.write_policy(scored("Rating != 'Cold'"))
    (empty,) = world.add_leads(1)
    world.add_leads(1, Rating="Hot")
    world.org.settings.unequal_finds_null = False
    (found,) = conditions(world)
    assert (found.level, found.exit_code) == ("warning", 0)
    assert "org and sfassign differ on 1 record of 2 about Rating != 'Cold'" in found.said
    assert f"{empty}: the org says no, sfassign yes; sfassign's answer is what counts" in found.said
    assert "empty fields" in str(found.mend)


@pytest.mark.parametrize(
    ("part", "who"),
    [
        ("success: \"Rating != 'Cold'\"", "the org's answer is what counts"),
        ("active: \"IsConverted = false AND Rating != 'Cold'\"", "only records for which both say yes count"),
        ("review: [{when: \"Rating != 'Cold'\", reason: x}]", "sfassign's answer is what counts"),
    ],
)
def test_it_is_said_whose_answer_counts_where_they_differ(world: World, part: str, who: str) -> None:
    world.write_policy(f"objects: {{Lead: {{{part}}}}}\n{POLICY}")
    world.add_leads(1)
    world.org.settings.unequal_finds_null = False
    assert [one.said.endswith(who) for one in conditions(world) if one.level == "warning"] == [True]


def test_many_differing_records_are_counted_and_three_of_them_named(world: World) -> None:
    world.write_policy(scored("Rating != 'Cold'"))
    leads = world.add_leads(6)
    world.org.settings.unequal_finds_null = False
    (found,) = conditions(world)
    assert "differ on 6 records of 6" in found.said
    assert "and 3 more" in found.said
    assert sum(lead in found.said for lead in leads) == 3


def test_a_record_changed_between_two_questions_is_no_difference(world: World) -> None:
    world.write_policy(scored("Rating = 'Hot'"))
    (lead,) = world.add_leads(1)
    world.org.faults.between(lambda: world.org.update("Lead", lead, {"Rating": "Hot"}), path="Rating.*Id\\+IN")
    assert [one.level for one in conditions(world)] == ["ok"]
    assert world.org.get("Lead", lead)["Rating"] == "Hot"


def test_days_begin_at_the_policys_midnight_for_both(world: World) -> None:
    """The org's user lives in Los Angeles, the policy in London: between their midnights the days differ."""
    world.write_policy(scored("CreatedDate = TODAY"))
    for hours in (-20, -12, -10, -6, 0):
        world.org.insert("Lead", {"LastName": "L", "Company": "C", "CreatedDate": _ago(world, hours)})
    assert [one.level for one in conditions(world)] == ["ok"]


def _ago(world: World, hours: int) -> str:
    at = world.clock.now().timestamp() + 3600 * hours
    return world.clock.now().fromtimestamp(at, world.clock.now().tzinfo).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def test_at_most_two_hundred_records_of_each_condition_are_read_however_many_there_are(world: World) -> None:
    world.org.bulk_insert("Lead", [{"LastName": f"L{n}", "Company": "C", "OwnerId": world.queue} for n in range(450)])
    world.write_policy(scored("LastName LIKE 'L%'"))
    app = world.app()
    app.ports.gatherer.reading()
    before = world.org.calls
    (praise,) = conditions(world, app)
    assert praise.level == "ok"
    assert world.org.calls - before <= 6, "five questions a call"


def test_it_says_how_far_it_has_got(world: World) -> None:
    steps: list[str] = []
    conditions(world, steps=steps)
    assert steps == ["running 4 conditions in the org", "comparing answers, 0 of 4 conditions done"]
