"""What must fit between the parts of a file: names that are used exist, and choices that exclude each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from pydantic_core import PydanticCustomError

from sfassign.policy.defaults import LOWEST_TIER, STANDARD
from sfassign.policy.document import Document, Path
from sfassign.policy.findings import Finding, nearest, one_of
from sfassign.policy.milestones import of_cases_only
from sfassign.policy.parts import Part, groups, object_names, whole
from sfassign.policy.spans import DAYS, days_of
from sfassign.policy.values import duration
from sfassign.policy.wording import trail, within
from sfassign.policy.wrong import shown

RESERVED_HOURS = ("member", "always")


def check(document: Document) -> Iterator[Finding]:
    """Every finding about what the parts say of each other."""
    for rule in _RULES:
        yield from rule(document)


def _unknown(document: Document, path: Path, what: str, known: tuple[str, ...]) -> Finding:
    value = Part(document, path).text() or ""
    message = f"unknown {what} '{shown(value)}'{within(path, document.data)}"
    expected = one_of(known) if known else f"none is defined in this file; define the {what} first"
    return document.finding(path, message, expected=expected, nearest=nearest(value, known))


def hours_names(document: Document) -> Iterator[Finding]:
    defined = whole(document).keys("hours")
    for name in set(defined) & set(RESERVED_HOURS):
        message = f"hours cannot be called '{name}': the word has a meaning of its own"
        yield document.finding(("hours", name), message, at_key=True, expected="another name")
    uses: list[tuple[Part, tuple[str, ...], tuple[str, ...]]] = []
    uses += [(person, ("hours",), ()) for person in whole(document).parts("people")]
    uses += [(group, ("available", "hours"), ("member",)) for group in groups(document)]
    uses += [(group, ("neglect", "hours"), RESERVED_HOURS) for group in groups(document)]
    for user, steps, words in uses:
        used = user.text(*steps)
        if used is not None and used not in (*defined, *words):
            yield _unknown(document, (*user.path, *steps), "hours", tuple(dict.fromkeys([*defined, *words])))


def hours_sections(document: Document) -> Iterator[Finding]:
    for section in whole(document).parts("hours"):
        name, keys = shown(str(section.path[-1])), section.keys()
        if ("days" in keys) == ("business_hours" in keys):
            both = "both of" if "days" in keys else "neither of"
            message = f"hours '{name}' have {both} 'days' and 'business_hours'"
            yield document.finding(section.path, message, at_key=True, expected="one of the two")
        if "business_hours" in keys and "timezone" in keys:
            message = f"hours '{name}' take their time zone from the org's business hours"
            yield document.finding((*section.path, "timezone"), message, at_key=True, expected="no 'timezone' here")
        yield from _days_given_twice(section)


def _days_given_twice(section: Part) -> Iterator[Finding]:
    seen: set[int] = set()
    for key in section.keys("days"):
        try:
            days = days_of(key)
        except PydanticCustomError:
            continue  # reported when the key was typed
        for day in sorted(seen.intersection(days))[:1]:
            path = (*section.path, "days", key)
            yield section.document.finding(
                path, f"'{DAYS[day]}' has hours already", at_key=True, expected="each day once"
            )
        seen.update(days)


def group_names(document: Document) -> Iterator[Finding]:
    first: dict[str, Path] = {}
    for group in groups(document):
        name = group.text("name")
        path = (*group.path, "name")
        if name is not None and name.casefold() in first:
            line = document.places[first[name.casefold()]].line
            message = f"a second group '{shown(name)}'; the first one is in line {line}"
            yield document.finding(path, message, expected="a name of its own for each group")
        elif name is not None:
            first[name.casefold()] = path


def renamed_groups(document: Document) -> Iterator[Finding]:
    names = {group.text("name") for group in groups(document)}
    claimed = Counter(group.text("was") for group in groups(document))
    for group in groups(document):
        was = group.text("was")
        if was is not None and was in names:
            message = f"'was: {shown(was)}' in group '{group.name}' names a group that still exists"
            yield document.finding((*group.path, "was"), message, expected="the name this group had before")
        elif was is not None and claimed[was] > 1:
            message = f"more than one group was '{shown(was)}'"
            yield document.finding((*group.path, "was"), message, expected="one heir of rotation, caps and clocks")


def objects_known(document: Document) -> Iterator[Finding]:
    known = object_names(document)
    for name in whole(document).keys("objects"):
        if _needs_active(name) and whole(document).raw("objects", name, "active") is None:
            yield _without_active(document, ("objects", name), name, at_key=True)
    for group in groups(document):
        used = group.text("object")
        if used and _needs_active(used) and used not in whole(document).keys("objects"):
            yield _without_active(document, (*group.path, "object"), used)
    for person in whole(document).parts("people"):
        for name in person.keys("quota"):
            if name != "field" and name not in known:
                message = f"'{shown(name)}' is no object that counts, in {trail(person.path, document.data)}"
                path = (*person.path, "quota", name)
                yield document.finding(path, message, at_key=True, expected=one_of(known), nearest=nearest(name, known))


def _needs_active(name: str) -> bool:
    """Whether the file must say it; a standard object in other capitals is reported as misspelt."""
    return name.casefold() not in {known.casefold() for known in STANDARD}


def object_spelling(document: Document) -> Iterator[Finding]:
    """The org's names of the standard objects are known, and one object has one name."""
    names = {name.casefold(): name for name in reversed([*STANDARD, *object_names(document)])}
    names |= {name.casefold(): name for name in STANDARD}
    for name in whole(document).keys("objects"):
        if names[name.casefold()] != name:
            yield _misspelt(document, ("objects", name), name, names[name.casefold()], at_key=True)
    for group in groups(document):
        used = group.text("object")
        if used and names[used.casefold()] != used:
            yield _misspelt(document, (*group.path, "object"), used, names[used.casefold()])


def _misspelt(document: Document, path: Path, name: str, meant: str, at_key: bool = False) -> Finding:
    message = f"the object '{shown(name)}' is written '{shown(meant)}'"
    return document.finding(path, message, at_key=at_key, expected="the same capitals as in the org", nearest=meant)


def _without_active(document: Document, path: Path, name: str, at_key: bool = False) -> Finding:
    message = f"object '{shown(name)}' must say what counts as active work"
    expected = f"objects: {{{shown(name)}: {{active: a SOQL condition}}}}; {', '.join(STANDARD)} have one by default"
    return document.finding(path, message, at_key=at_key, expected=expected, nearest=nearest(name, STANDARD))


def tiers(document: Document) -> Iterator[Finding]:
    for section in whole(document).parts("objects"):
        scores: dict[str, str] = {}
        for name in section.keys("score", "tiers"):
            path, score = (*section.path, "score", "tiers", name), section.text("score", "tiers", name) or ""
            if name == LOWEST_TIER:
                yield document.finding(
                    path, "'low' is what lies below the last tier", at_key=True, expected="another name"
                )
            if score in scores:
                message = f"tiers '{scores[score]}' and '{shown(name)}' begin at the same score"
                yield document.finding(path, message, expected="a score of its own for each tier")
            scores.setdefault(score, shown(name))
    for group in groups(document):
        named = whole(document).keys("objects", group.text("object") or "", "score", "tiers")
        known = (*named, LOWEST_TIER) if named else ()
        for path, tier in group.texts("tiers"):
            if tier not in known:
                yield _unknown(document, path, "tier", known)


def destinations(document: Document) -> Iterator[Finding]:
    for group in groups(document):
        for steps, choices in (
            (("overflow", "to"), ("group", "queue", "user")),
            (("neglect", "finally"), ("queue", "user")),
        ):
            chosen = [key for key in group.keys(*steps) if key in choices]
            if isinstance(group.raw(*steps), dict) and len(chosen) != 1:
                message = (
                    f"'{steps[-1]}' names {len(chosen)} destinations{within((*group.path, *steps), document.data)}"
                )
                yield document.finding(
                    (*group.path, *steps), message, at_key=True, expected=f"exactly one of {one_of(choices)}"
                )


def overflows(document: Document) -> Iterator[Finding]:
    by_name = {name: group for group in reversed(groups(document)) if (name := group.text("name"))}
    for name, group in by_name.items():
        to, path = group.text("overflow", "to", "group"), (*group.path, "overflow", "to", "group")
        if to is None:
            continue
        if to not in by_name:
            yield _unknown(document, path, "group", tuple(by_name))
        elif by_name[to].text("object") != group.text("object"):
            message = f"overflow of group '{name}' leads to '{to}', a group of another object"
            yield document.finding(path, message, expected=f"a group of object {group.text('object')}")
        elif name in (circle := _overflow_chain(by_name, name)):
            way = " → ".join([name, *circle])
            yield document.finding(path, f"overflow leads back to where it came from: {way}", expected="an end")


def _overflow_chain(by_name: dict[str, Part], start: str) -> list[str]:
    """The groups an item of `start` overflows through, up to the first one that comes twice."""
    chain: list[str] = []
    step = by_name[start].text("overflow", "to", "group")
    while step in by_name and step not in chain:
        chain.append(step)
        step = None if step == start else by_name[step].text("overflow", "to", "group")
    return chain


def listed_twice(document: Document) -> Iterator[Finding]:
    for group in groups(document):
        members = group.raw("members")
        seen: set[str] = set()
        for at, entry in enumerate(members if isinstance(members, list) else []):
            user = entry.get("user") if isinstance(entry, dict) else entry
            if isinstance(user, str) and user.casefold() in seen:
                path = (*group.path, "members", at)
                message = f"'{shown(user)}' is listed twice in group '{group.name}'"
                yield document.finding(path, message, expected="each user once")
            if isinstance(user, str):
                seen.add(user.casefold())


def relaxed_pairs(document: Document) -> Iterator[Finding]:
    for group in groups(document):
        for pair in group.parts("match"):
            if pair.raw("relax_after") is not None and pair.raw("required") != "true":
                message = (
                    f"'relax_after' has nothing to relax{within(pair.path, document.data)}: the pair is not required"
                )
                yield document.finding((*pair.path, "relax_after"), message, at_key=True, expected="required: true")


def reminders(document: Document) -> Iterator[Finding]:
    for group in groups(document):
        for limit in ("untouched_for", "quiet_for"):
            before, after = group.text("neglect", "remind_before"), group.text("neglect", limit)
            try:
                late = before is not None and after is not None and duration(before) >= duration(after)
            except PydanticCustomError:
                continue  # reported when the durations were typed
            if late:
                message = f"the reminder of group '{group.name}' would come before the clock starts"
                path = (*group.path, "neglect", "remind_before")
                yield document.finding(path, message, expected=f"less than {limit} ({after})")


_RULES: tuple[Callable[[Document], Iterator[Finding]], ...] = (
    hours_names,
    hours_sections,
    group_names,
    renamed_groups,
    objects_known,
    object_spelling,
    tiers,
    of_cases_only,
    destinations,
    overflows,
    listed_twice,
    relaxed_pairs,
    reminders,
)
