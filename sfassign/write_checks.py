"""Whether this org honours the precondition of our writes: what is known of it, and `check --write-test` to find out.

The test writes to one record the owner it has, as of a date long past (the org should answer 412) and as of its last
change (204). What it proves is kept; every write goes by it from then on. Called by `checks` and the `check` command.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from sfassign.bootstrap import App, build
from sfassign.cycle import FRESH_SECONDS
from sfassign.errors import WrongUsage
from sfassign.finding import Check, attempt
from sfassign.guards import Guards
from sfassign.letters import settled_second
from sfassign.outcome import iso
from sfassign.ports import Answer, Guard, ObjectRead, OwnerChange, Row, WriteResult
from sfassign.settings import Settings
from sfassign.soql import is_id, to18

WHAT = "guard"
LONG_AGO = dt.timedelta(days=1)
"""So much before the record's last change is the date with which the org should refuse to write."""
LEASE_WAIT_SECONDS = 30.0

TEST_IT = "sfassign check --write-test RECORD_ID tells now, with a record that nobody works on"


def guard_findings(guards: Guards, names: Sequence[str]) -> Iterator[Check]:
    """What is known of the precondition on these objects."""
    by_guard = {guard: [name for name in names if guards.of(name) is guard] for guard in Guard}
    if found := by_guard[Guard.PRECONDITION]:
        yield Check(WHAT, "ok", f"this org honours If-Unmodified-Since on {_since(guards, found)}")
    if found := by_guard[Guard.UNPROVEN]:
        said = f"whether this org honours If-Unmodified-Since on {', '.join(found)} is not known yet"
        yield Check(WHAT, "ok", f"{said}: the first call that writes proves it, its writes hang on queries; {TEST_IT}")
    if found := by_guard[Guard.REFERENCE]:
        said = f"this org ignores If-Unmodified-Since on {_since(guards, found)}"
        gap = "who takes a record between the two is overwritten, and told where the org tracks its owner"
        said = f"{said}: each write hangs on a query of its own, at most four to a call; {gap}"
        yield Check(WHAT, "warning", said, TEST_IT)


def _since(guards: Guards, names: Sequence[str]) -> str:
    known = {name: guards.known(name) for name in names}
    dates = {name: one.ignored_at or one.honoured_at for name, one in known.items()}
    return ", ".join(f"{name} (known since {iso(at)})" if at is not None else name for name, at in dates.items())


def write_test(settings: Settings, record_id: str) -> tuple[Check, ...]:
    """Try it on this record, with the right to write to the org in hand."""
    app, said = attempt(WHAT, lambda: build(settings))
    if app is None:
        return (said,) if said is not None else ()
    try:
        found, said = attempt(WHAT, lambda: write_checks(app, record_id))
    finally:
        app.close()
    return found or ((said,) if said is not None else ())


def write_checks(app: App, record_id: str) -> tuple[Check, ...]:
    """Raises WrongUsage for an Id of no object of the policy and in a dry run, WrongOrg where the database or
    SFASSIGN_ORG_ID means another org, LeaseHeld beside a running daemon, an OrgError."""
    if app.settings.dry_run:
        raise WrongUsage("--write-test: SFASSIGN_DRY_RUN is set, so nothing is written; unset it for the test")
    app.identity.make_sure()
    name = _object_of(app, record_id)
    with app.lease(LEASE_WAIT_SECONDS):
        row = _settled_row(app, name, to18(record_id))
        if row is None:
            mend = "name a record that this login can see and edit"
            return (Check(WHAT, "error", f"the org shows no {name} {record_id}", mend, 1),)
        return tuple(_tried(app, row))


def _tried(app: App, row: Row) -> Iterator[Check]:
    """What came of it, and the record as it is left."""
    long_ago = row.edited_at - LONG_AGO
    old = _write(app, row, long_ago)
    answers = [f"as of {iso(long_ago)}: {_spoken(old)}"]
    guards, last = Guards(app.store, app.clock), old
    if old.answer is Answer.CHANGED_SINCE:
        last = _write(app, row, row.guard_at)
        answers.append(f"as of {iso(row.guard_at)}, its last change: {_spoken(last)}")
    if old.answer is Answer.ACCEPTED or (old.answer is Answer.CHANGED_SINCE and last.answer is Answer.ACCEPTED):
        guards.keep(row.object, honoured=old.answer is Answer.CHANGED_SINCE)
        yield from guard_findings(guards, [row.object])
    else:
        mend = "nothing was learnt: mend what the org says, or name another record that nobody works on"
        yield Check(WHAT, "error", f"the org wrote nothing to {row.object} {row.id}, which it should have", mend, 1)
    yield _left(row, last, answers)


def _left(row: Row, last: WriteResult, answers: Sequence[str]) -> Check:
    """Exactly what was sent, and whether the record is as it was."""
    sent = f"wrote to {row.object} {row.id} the owner it has ({row.owner}) and nothing else, {'; '.join(answers)}"
    if last.row is None:
        return Check(WHAT, "warning", f"{sent}. The record could not be read back", "look at the record")
    stamp = f"last modified {iso(last.row.edited_at)} by {last.row.modified_by}"
    if last.row.owner != row.owner:
        mend = "an automation of the org, or somebody else, changed the owner: give it back by hand"
        return Check(WHAT, "warning", f"{sent}. Its owner is now {last.row.owner}, {stamp}", mend)
    return Check(WHAT, "ok", f"{sent}. Its owner is as before; it is {stamp}")


def _write(app: App, row: Row, guard_at: dt.datetime) -> WriteResult:
    change = OwnerChange(1, row.object, row.id, row.owner, guard_at, seen_owner=row.owner)
    return app.org.write([change], {row.object: ObjectRead(row.object, ())})[0]


def _spoken(result: WriteResult) -> str:
    words = {Answer.ACCEPTED: "written (204)", Answer.CHANGED_SINCE: "not written (412)", Answer.UNKNOWN: "no answer"}
    return words.get(result.answer, f"refused, {result.code}: {result.message}")


def _settled_row(app: App, name: str, record_id: str) -> Row | None:
    """The record, when the second of its last change is over: the date knows only whole seconds."""
    at, rows = app.org.fetch(ObjectRead(name, ()), [record_id])
    if rows and not settled_second(rows[0].guard_at, at):
        app.clock.sleep(FRESH_SECONDS)
        _, rows = app.org.fetch(ObjectRead(name, ()), [record_id])
    return rows[0] if rows else None


def _object_of(app: App, record_id: str) -> str:
    """The policy's object whose Ids begin like this one. Raises WrongUsage."""
    shapes = {name: app.shapes.of(name) for name in sorted(app.policy.objects)}
    prefixes = {shape.key_prefix: name for name, shape in shapes.items() if shape is not None and shape.key_prefix}
    if not is_id(record_id) or record_id[:3] not in prefixes:
        known = ", ".join(f"{prefix}… ({name})" for prefix, name in prefixes.items())
        raise WrongUsage(f"--write-test: '{record_id}' is no Id of an object of the policy; expected one like {known}")
    return prefixes[record_id[:3]]
