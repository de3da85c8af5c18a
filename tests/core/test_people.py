"""What `people` says about a user, gathered from every entry that names them."""

from __future__ import annotations

from sfassign.core.people import NO_TERMS, People, Terms
from sfassign.core.policy import Caps, Person
from tests.core.world import LONDON, NOW, member, policy, soql

ALICE = Person("ALICE@acme.example", None, skills=("German",), weight=2, object_quotas={"Lead": 5})
EVERYONE = Person(
    None,
    soql("IsActive = true"),
    skills=("German", "Demo"),
    weight=3,
    quota=40,
    object_quotas={"Lead": 9, "Case": 7},
    threshold=30,
    caps=Caps(day=30),
    hours="office",
)


def test_skills_add_up_and_of_everything_else_the_first_entry_that_says_it_holds() -> None:
    people = People(policy(people=(ALICE, EVERYONE)), LONDON, NOW)
    assert people.terms(member("alice")) == Terms(
        skills=("German", "Demo"),
        weight=2,
        quota=40,
        object_quotas={"Lead": 5, "Case": 7},
        threshold=30,
        caps=Caps(day=30),
        hours="office",
    )


def test_who_is_not_named_has_no_terms() -> None:
    people = People(policy(people=(ALICE, EVERYONE)), LONDON, NOW)
    assert people.terms(member("bob", is_active=False)) == NO_TERMS
