"""A deadline by milestone, against the file and against the org: milestones are kept of Cases, and of no other object,
in orgs that have entitlements. Part of `references` and of `against_org`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sfassign.core.policy import MILESTONE, Policy
from sfassign.policy.document import Document
from sfassign.policy.findings import Finding
from sfassign.policy.parts import whole
from sfassign.policy.wording import within
from sfassign.ports import MILESTONES, ObjectShape

CASE = "Case"
FIELDS = ("CaseId", "TargetDate", "IsCompleted", "SystemModstamp")
A_FIELD = "a date or date/time field of the object"


def of_cases_only(document: Document) -> Iterator[Finding]:
    for section in whole(document).parts("objects"):
        named = section.text("score", "deadline", "field")
        if named is not None and named.lower() == MILESTONE and section.path[-1] != CASE:
            path = (*section.path, "score", "deadline", "field")
            message = f"only a Case has milestones{within(path, document.data)}"
            yield document.finding(path, message, expected=A_FIELD)


def readable(policy: Policy, shape_of: Callable[[str], ObjectShape | None], document: Document) -> Iterator[Finding]:
    """A warning: without milestones nobody's score rises, and everything else goes on."""
    work = policy.objects.get(CASE)
    deadline = None if work is None else work.score.deadline
    if deadline is None or not deadline.by_milestone:
        return
    shape = shape_of(MILESTONES)
    lacking = [name for name in FIELDS if shape is not None and name.lower() not in shape.fields]
    if shape is not None and not lacking:
        return
    what = f"the fields {', '.join(lacking)} of {MILESTONES}" if lacking else f"the object {MILESTONES}"
    path = ("objects", CASE, "score", "deadline", "field")
    message = f"the org does not show {what}: no milestone raises a score"
    expected = f"Entitlement Management switched on and readable for this login, or {A_FIELD}"
    yield document.finding(path, message, expected=expected, severity="warning")
