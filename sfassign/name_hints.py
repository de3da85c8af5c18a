"""The name of the org that looks most like one it does not have: what a finding of `check` suggests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sfassign.policy.findings import nearest
from sfassign.ports import Unreadable
from sfassign.salesforce import Ask, SalesforceOrg
from sfassign.soql import parse_condition

MOST_NAMES = 10_000
"""Five pages: in a larger org a name may find no likeness."""

USERNAMES = Ask("User", parse_condition("IsActive = true"), ("Username",), MOST_NAMES)
USERS = Ask("User", parse_condition("IsActive = true"), ("Name",), MOST_NAMES)
QUEUES = Ask("Group", parse_condition("Type = 'Queue'"), ("Name",), MOST_NAMES)


def likest(org: SalesforceOrg, unknown: Iterable[str], *among: Ask) -> Mapping[str, str]:
    """For each of these names the org's own that is nearest to it, where one is near; nothing is asked for no name.
    `among`: asks for one field each. Raises an OrgError where the org cannot be asked at all."""
    wanted = dict.fromkeys(unknown)
    if not wanted:
        return {}
    rows = (row for told in org.ask(among) if not isinstance(told, Unreadable) for row in told)
    known = sorted({str(value) for row in rows for key, value in row.items() if key != "id" and value})
    found = {name: _likest(name, known) for name in wanted}
    return {name: like for name, like in found.items() if like is not None}


def _likest(name: str, known: Sequence[str]) -> str | None:
    """Usernames are alike by what stands before the @: they share their domain, or differ in it from org to org."""
    by_stem: dict[str, list[str]] = {}
    for one in known:
        by_stem.setdefault(one.partition("@")[0], []).append(one)
    stem = nearest(name.partition("@")[0], by_stem)
    return None if stem is None else nearest(name, by_stem[stem]) or by_stem[stem][0]


def did_you_mean(name: str, likes: Mapping[str, str]) -> str:
    """`did you mean 'Web Leads'? `, or nothing."""
    return f"did you mean '{likes[name]}'? " if name in likes else ""
