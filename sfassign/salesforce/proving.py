"""Small questions that `check` puts to the org: does it understand a condition, and for which records does it hold?

Asked by `org`. An answer is at most `limit` records; a question the org refuses is a value, since the others may stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

from sfassign.core.model import Record
from sfassign.ports import Unreadable
from sfassign.salesforce.asking import Asker, Outcome
from sfassign.salesforce.failures import Refusal
from sfassign.soql import flatten, literal
from sfassign.soql.fitting import MAX_URL_BYTES
from sfassign.soql.tree import Condition

_PATH_BYTES = 64

Told = tuple[Record, ...] | Unreadable


@dataclass(frozen=True, slots=True)
class Ask:
    """Records of an object with these fields and their Id: for which the condition holds (None: any), among `ids` where
    given, the newest changes first where wanted."""

    object: str
    where: Condition | None = None
    fields: tuple[str, ...] = ()
    limit: int = 1
    ids: tuple[str, ...] | None = None
    newest: bool = False


def ask(asker: Asker, asks: Sequence[Ask]) -> tuple[Told, ...]:
    """Raises an OrgError where the org cannot be asked at all."""
    texts = [None if one.ids == () else soql(one) for one in asks]
    short = [text for text in texts if text is not None and _fits(text)]
    answers = dict(zip(short, asker.records(short)[1], strict=True))
    return tuple(() if text is None else _told(answers.get(text)) for text in texts)


def soql(one: Ask) -> str:
    columns = dict.fromkeys(("Id", *(name for name in one.fields if name.lower() != "id")))
    terms = [] if one.where is None else [f"({one.where})"]
    terms += [] if one.ids is None else [f"Id IN {literal(list(one.ids))}"]
    text = f"SELECT {', '.join(columns)} FROM {one.object}"  # noqa: S608 — SOQL only reads; names come from the policy
    text += f" WHERE {' AND '.join(terms)}" if terms else ""
    return f"{text}{' ORDER BY SystemModstamp DESC' if one.newest else ''} LIMIT {one.limit}"


def _fits(text: str) -> bool:
    return len(quote_plus(text)) + _PATH_BYTES <= MAX_URL_BYTES


def _told(outcome: Outcome | None) -> Told:
    if outcome is None:
        return Unreadable("URI_TOO_LONG", f"the question takes more than the {MAX_URL_BYTES:,} bytes the org takes")
    if isinstance(outcome, Refusal):
        return Unreadable(outcome.code, outcome.message)
    return tuple(flatten(raw) for raw in outcome)
