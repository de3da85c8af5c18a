"""What became of every member for an item, kept once per distinct text: compressed JSON under its own hash.

Items that met the same situation share a Diagnosis object, which is worked out once per call. Used by `journaling`
and `noting`; `views` reads them.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from sfassign.core.decision import Diagnosis, Score, Verdict
from sfassign.storage.columns import chunks, dump
from sfassign.storage.tables import EXPLANATION, LINE


def keep(connection: Connection, diagnoses: Iterable[Diagnosis], journaled: bool) -> dict[int, str]:
    """Keep these; returns the key of each by `id(diagnosis)`. `journaled` ones are kept for good."""
    distinct = {id(diagnosis): diagnosis for diagnosis in diagnoses}
    texts: dict[str, bytes] = {}
    keys: dict[int, str] = {}
    for identity, diagnosis in distinct.items():
        text = dump([told(verdict) for verdict in diagnosis.verdicts()]).encode("ascii")
        keys[identity] = hashlib.sha256(text).hexdigest()
        texts[keys[identity]] = text
    known = _known(connection, texts)
    new = [
        {"key": key, "members": zlib.compress(text), "journaled": journaled}
        for key, text in texts.items()
        if key not in known
    ]
    if new:
        connection.execute(EXPLANATION.insert(), new)
    if journaled and known:
        kept = update(EXPLANATION).where(EXPLANATION.c.key == bindparam("known")).values(journaled=True)
        connection.execute(kept, [{"known": key} for key in sorted(known)])
    return keys


def drop_unused(connection: Connection) -> None:
    """Forget what no waiting item and no journal entry refers to any more."""
    used = select(LINE.c.id).where(LINE.c.explanation == EXPLANATION.c.key).exists()
    connection.execute(delete(EXPLANATION).where(EXPLANATION.c.journaled.is_(False), ~used))


def members(connection: Connection, key: str | None) -> tuple[dict[str, Any], ...]:
    """The verdicts, as `explain --json` shows them."""
    if key is None:
        return ()
    packed = connection.execute(select(EXPLANATION.c.members).where(EXPLANATION.c.key == key)).scalar_one()
    return tuple(json.loads(zlib.decompress(packed)))


def score_json(score: Score) -> str:
    parts = [{"rule": part.rule, "add": part.add} for part in score.parts]
    return dump({"total": score.total, "parts": parts, "tier": score.tier})


def told(verdict: Verdict) -> dict[str, Any]:
    """One verdict as `explain --json` shows it."""
    who = {"user": verdict.user, "username": verdict.username}
    if verdict.rejection is not None:
        return who | {"gate": verdict.rejection.gate.value, "detail": verdict.rejection.detail}
    return who | {"gate": None, "rank": verdict.rank, "key": dict(verdict.key)}


def _known(connection: Connection, keys: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(keys):
        found.update(connection.execute(select(EXPLANATION.c.key).where(EXPLANATION.c.key.in_(some))).scalars())
    return found
