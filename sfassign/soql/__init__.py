"""SOQL as a pure library: parse, evaluate against a record, render. No I/O, no clock.

    >>> from datetime import UTC, datetime
    >>> condition = parse_condition("Status = 'new' AND Owner.Name LIKE 'Web%'")
    >>> record = flatten({"Status": "New", "Owner": {"attributes": {}, "Name": "Web Leads"}})
    >>> matches(condition, record, datetime(2026, 11, 22, tzinfo=UTC), UTC)
    True
    >>> str(condition)
    "Status = 'new' AND Owner.Name LIKE 'Web%'"
    >>> str(parse("select Id from Lead limit 5"))
    'SELECT Id FROM Lead LIMIT 5'

Used by the policy reader, the core, the Salesforce client and the emulator. `parse(text)` and `parse_condition(text)`
raise `SoqlSyntaxError` for whatever the org would answer with MALFORMED_QUERY; `str(tree)` is SOQL again. The node
classes are in `sfassign.soql.tree`. A semi-join is not evaluated here: whoever has the other object's records (the
emulator) replaces the `InQuery` by an `InList` of the Ids first.
"""

from sfassign.soql.dates import date_range
from sfassign.soql.errors import SoqlNotEvaluable, SoqlSyntaxError
from sfassign.soql.evaluate import compile_condition, matches
from sfassign.soql.ids import is_id, to18
from sfassign.soql.literals import literal
from sfassign.soql.parser import parse, parse_condition
from sfassign.soql.record import flatten
from sfassign.soql.render import render as _render
from sfassign.soql.resolve import resolve_dates
from sfassign.soql.tree import Node
from sfassign.soql.walk import has_date_literal, leaves, paths, with_leaves

__all__ = [
    "SoqlNotEvaluable",
    "SoqlSyntaxError",
    "compile_condition",
    "date_range",
    "flatten",
    "has_date_literal",
    "is_id",
    "leaves",
    "literal",
    "matches",
    "parse",
    "parse_condition",
    "paths",
    "resolve_dates",
    "to18",
    "with_leaves",
]

Node.to_text = staticmethod(_render)
