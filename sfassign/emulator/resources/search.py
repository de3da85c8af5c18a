"""`/search?q=`: SOSL. Which records hold the words, then each object's fields as SOQL would show them.

Source: SOQL and SOSL Reference, SOSL Syntax. Offered: FIND with words, phrases, `*`, `?`, AND, OR, AND NOT and
parentheses; IN … FIELDS; RETURNING with fields, WHERE, ORDER BY, LIMIT, OFFSET; LIMIT. The rest is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from sfassign.soql.errors import SoqlSyntaxError
from sfassign.soql.tree import And, Condition, InList, Path, Query, SetOperator, Text

from ..errors import ApiError, not_found
from ..http import Reply
from ..query.words import Words, split, wanted
from ..schema import SObject
from ..storage import quoted
from .call import Call

MAX_ROWS = 2000
_STATEMENT = re.compile(
    r"\s*FIND\s*\{(?P<find>(?:[^{}\\]|\\.)*)\}"
    r"(?:\s+IN\s+(?P<group>ALL|NAME|EMAIL|PHONE|SIDEBAR)\s+FIELDS)?"
    r"(?:\s+RETURNING\s+(?P<returning>.*?))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_TYPES = {
    "ALL": {"string", "textarea", "email", "phone", "url"},
    "SIDEBAR": {"string", "textarea", "email", "phone", "url"},
    "EMAIL": {"email"},
    "PHONE": {"phone"},
}
_NAMES = {
    "Account": {"Name", "Website", "Site"},
    "Case": {"CaseNumber", "SuppliedName", "SuppliedCompany", "Subject"},
    "Contact": {"Name", "AssistantName"},
    "Event": {"Subject"},
    "Lead": {"Name", "Company"},
    "Task": {"Subject"},
    "User": {"Name", "CommunityNickname"},
}
"""Fields IN NAME FIELDS looks at."""


def search(call: Call) -> Reply:
    call.allow("GET")
    if len(call.segments) != 1 or "q" not in call.params:
        raise not_found()
    statement = _STATEMENT.fullmatch(call.params["q"])
    if statement is None:
        raise _malformed("No viable alternative: a search is FIND {words} IN … FIELDS RETURNING Object(fields) LIMIT n")
    words = wanted(statement["find"])
    if words is None:
        raise _malformed(f"search term is no term, or shorter than two characters: {statement['find']}")
    rows: list[object] = []
    with call.org.storage.lock:
        for query in _returned(call, statement["returning"]):
            rows += _found(call, query, (statement["group"] or "ALL").upper(), words)
    limit = min(int(statement["limit"] or MAX_ROWS), MAX_ROWS)
    return Reply(200, {"searchRecords": rows[:limit]})


def _returned(call: Call, returning: str | None) -> Iterator[Query]:
    """One query per object of RETURNING; without it, the Ids of every object that can be searched."""
    if returning is None:
        names = [one.name for one in call.org.schema.objects.values() if one.queryable and one.createable]
        yield from (_parsed(call, _as_soql(name, "Id")) for name in sorted(names) if name in _NAMES)
        return
    for part in _outermost(returning):
        name, _, inner = part.partition("(")
        if inner and not inner.endswith(")"):
            raise _malformed(f"unexpected token: {part}")
        yield _parsed(call, _as_soql(name.strip(), inner.removesuffix(")").strip() or "Id"))


def _as_soql(name: str, inner: str) -> str:
    fields, clause, rest = inner, "", ""
    found = re.search(r"\s(WHERE|ORDER\s+BY|LIMIT|OFFSET)\s", inner, re.IGNORECASE)
    if found:
        fields, clause, rest = inner[: found.start()], found[1], inner[found.end() :]
    return f"SELECT {fields} FROM {name} {clause} {rest}".strip()  # noqa: S608 - SOQL, which the org checks


def _parsed(call: Call, soql: str) -> Query:
    try:
        return call.org.queries.parsed(soql)
    except (ApiError, SoqlSyntaxError) as error:
        raise _malformed(str(error)) from None


def _outermost(text: str) -> Iterator[str]:
    """The parts between the commas that stand in no parentheses."""
    depth, start = 0, 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            yield text[start:at].strip()
            start = at + 1
    yield text[start:].strip()


def _found(call: Call, query: Query, group: str, words: Words) -> list[dict[str, object]]:
    thing = call.org.schema.find(query.object)
    if thing is None or not thing.queryable:
        raise ApiError("INVALID_TYPE", f"sObject type '{query.object}' is not supported.")
    runner = call.org.queries
    asker = runner.asker(call.user, version=call.version)
    runner.compile(str(query), asker)  # a wrong field is refused even where nothing is found
    ids = list(_holding(call, thing, group, words))
    if not ids:
        return []
    among: Condition = InList(Path(("Id",)), SetOperator.IN, tuple(Text(one, one) for one in ids[:MAX_ROWS]))
    where = among if query.where is None else And((among, query.where))
    return runner.run(str(replace(query, where=where)), asker).records


def _holding(call: Call, thing: SObject, group: str, words: Words) -> Iterator[str]:
    names = _searched(thing, group)
    if not names:
        return
    living = " WHERE IsDeleted = 0" if thing.has("IsDeleted") else ""
    columns = ", ".join(map(quoted, names))
    sql = f"SELECT Id, {columns} FROM {quoted(thing.name)}{living} ORDER BY Id"  # noqa: S608 - names of the schema
    for record_id, *values in call.org.storage.tuples(sql):
        if words([split(str(value)) for value in values if value is not None]):
            yield record_id


def _searched(thing: SObject, group: str) -> list[str]:
    chosen: Callable[[str, str], bool] = (
        (lambda name, _kind: name in _NAMES.get(thing.name, {"Name"}))
        if group == "NAME"
        else (lambda _name, kind: kind in _TYPES[group])
    )
    return [one.name for one in thing.fields.values() if chosen(one.name, one.type)]


def _malformed(message: str) -> ApiError:
    return ApiError("MALFORMED_SEARCH", message)
