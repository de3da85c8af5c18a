"""What `check` says of the records that wait now: whether this login may edit each and give it an owner.

Describe tells rights over an object and its fields; over single records the org is asked (UserRecordAccess).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from sfassign.finding import Check
from sfassign.ports import Unreadable
from sfassign.reading import Reading
from sfassign.rights import TRANSFER
from sfassign.salesforce import MOST_RECORDS, Ask, SalesforceOrg, Told

WHAT = "sharing"
_ASK_AGAIN = "mend what the org says and run this check again; until then it shows at the first write"


def sharing_findings(org: SalesforceOrg, reading: Reading, now: dt.datetime) -> Iterator[Check]:
    """For each object that groups assign, of up to MOST_RECORDS records that their sources take. `now` is the org's
    clock. Raises an OrgError where the org cannot be asked at all."""
    names = sorted({group.object for group in reading.policy.enabled_groups})
    if not names:
        return
    us = org.identify()
    if us is None:
        told = Unreadable("UNKNOWN_USER", "the org does not tell which user this login is")
        yield _unasked(", ".join(names), told)
        return
    waiting = org.ask([Ask(name, reading.sources(name, now), limit=MOST_RECORDS) for name in names])
    for name, found in zip(names, waiting, strict=True):
        yield from _of_object(org, us, name, found)


def _of_object(org: SalesforceOrg, us: str, name: str, waiting: Told) -> Iterator[Check]:
    if isinstance(waiting, Unreadable):
        yield _unasked(name, waiting)
        return
    ids = [str(row["id"]) for row in waiting]
    if not ids:
        yield Check(WHAT, "ok", f"no {name} waits now, so none was asked about for edit and transfer")
        return
    may = org.record_access(us, ids)
    if isinstance(may, Unreadable):
        yield _unasked(name, may)
        return
    unedited = [one for one in ids if one not in may.editable]
    unmoved = [one for one in ids if one in may.editable and one not in may.transferable]
    if unedited:
        mend = f"share {name} records with this user for Read/Write (Setup › Sharing Settings), or grant Modify All"
        yield _barred(name, "edit", unedited, ids, f"{mend} on {name}")
    if unmoved:
        mend = TRANSFER.get(name, f"grant Transfer Record, and Edit on {name}")
        yield _barred(name, "transfer", unmoved, ids, mend)
    if not unedited and not unmoved:
        yield Check(WHAT, "ok", f"this login may edit and transfer {_of(ids, name)}")


def _barred(name: str, right: str, barred: Sequence[str], ids: Sequence[str], mend: str) -> Check:
    """Some records may be locked by an approval; where it is all of them nothing can be assigned."""
    said = f"this login may not {right} {len(barred)} of {_of(ids, name)}, such as {barred[0]}"
    if len(barred) == len(ids):
        return Check(WHAT, "error", said, mend, 1)
    return Check(WHAT, "warning", said, f"{mend}; a record that an approval has locked comes free with it")


def _of(ids: Sequence[str], name: str) -> str:
    """`the 12 Lead records that wait`; not all of them where there are more than are asked about."""
    many = len(ids) == MOST_RECORDS
    return f"{'' if many else 'the '}{len(ids)} {name} record{'s' if len(ids) > 1 else ''} that wait now"


def _unasked(name: str, why: Unreadable) -> Check:
    said = f"whether this login may edit and transfer {name} records could not be asked: {why.code}: {why.message}"
    return Check(WHAT, "warning", " ".join(said.split()), _ASK_AGAIN)
