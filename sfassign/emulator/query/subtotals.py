"""GROUP BY ROLLUP and GROUP BY CUBE: one grouping per level of subtotals, joined with UNION ALL.

SQLite has neither. In a subtotal the fields it sums over are null and GROUPING() of them is 1; HAVING is asked of
every row, subtotals too. Without ORDER BY each subtotal follows its rows, as the reference prints them. Source: SOQL
and SOSL Reference, GROUP BY ROLLUP, GROUP BY CUBE and GROUPING(fieldName).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from sfassign.soql.tree import Function, Path

from ..schema import Field
from . import problems
from .keys import group_key, sort_key
from .names import Column, Scope

MAX_FIELDS = 3
_MARK = re.compile(r"GROUPING\((\d)\)")
Sql = tuple[str, list[Any]]
Level = tuple[bool, ...]
"""Which of the grouped fields a level still tells apart."""


def levels(kind: str, count: int) -> list[Level]:
    if kind == "ROLLUP":
        return [tuple(place < kept for place in range(count)) for kept in range(count, -1, -1)]
    return list(product((True, False), repeat=count))


def grouping(scope: Scope, call: Function, grouped: Sequence[Column]) -> Column:
    """`GROUPING(LeadSource)`: 1 in rows that sum over the field. Its SQL is a mark until the level is known."""
    inner = call.arguments[0] if call.arguments else None
    column = scope.column(inner) if isinstance(inner, Path) else None
    place = next((at for at, one in enumerate(grouped) if column and one.sql == column.sql), None)
    if place is None:
        raise problems.malformed(f"{call} needs the field in GROUP BY ROLLUP or GROUP BY CUBE")
    return Column(f"GROUPING({place})", Field("GROUPING", "int"), scope.thing, str(call))


@dataclass(frozen=True, slots=True)
class Subtotals:
    """`columns` are the SELECT list, `order` what to sort by with the words behind each key."""

    kind: str
    grouped: Sequence[Column]
    columns: Sequence[Column]
    order: Sequence[tuple[Column, str]]

    def union(self, body: Sql, having: Sql | None) -> Sql:
        """A FROM clause with columns k0, k1, … for the SELECT list and o0, o1, … to sort by."""
        source, values = body
        parts = [self._level(level, source, having[0] if having else None) for level in self._levels()]
        all_values = [*values, *(having[1] if having else [])] * len(parts)
        return f"FROM ({' UNION ALL '.join(parts)})", all_values

    def sorting(self) -> str:
        """The words of ORDER BY behind the union."""
        return " ORDER BY " + ", ".join(f"o{place}{words}" for place, (_, words) in enumerate(self._order()))

    def _levels(self) -> list[Level]:
        return levels(self.kind, len(self.grouped))

    def _order(self) -> list[tuple[Column, str]]:
        if self.order:
            return list(self.order)
        marks = [replace(one, sql=f"GROUPING({place})", field=Field("", "int")) for place, one in _placed(self.grouped)]
        pairs = [one for pair in zip(marks, self.grouped, strict=True) for one in pair]
        return [(one, "") for one in (pairs if self.kind == "ROLLUP" else [*marks, *self.grouped])]

    def _level(self, level: Level, source: str, having: str | None) -> str:
        shown = [f"{self._at(one, level).sql} AS k{place}" for place, one in _placed(self.columns)]
        keys = [f"{sort_key(self._at(one, level))} AS o{place}" for place, (one, _) in enumerate(self._order())]
        group = [group_key(one) for one, kept in zip(self.grouped, level, strict=True) if kept]
        tail = f" HAVING {_settled(having, level)}" if having else ""
        return f"SELECT {', '.join([*shown, *keys])} {source} GROUP BY {', '.join(group) or 'NULL'}{tail}"

    def _at(self, column: Column, level: Level) -> Column:
        summed_over = {one.sql for one, kept in zip(self.grouped, level, strict=True) if not kept}
        return replace(column, sql="NULL" if column.sql in summed_over else _settled(column.sql, level))


def _placed(columns: Sequence[Column]) -> list[tuple[int, Column]]:
    return list(enumerate(columns))


def _settled(sql: str, level: Level) -> str:
    return _MARK.sub(lambda mark: str(int(not level[int(mark[1])])), sql)
