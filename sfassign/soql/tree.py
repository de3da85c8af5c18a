"""The syntax tree of SOQL: what `parse` returns and what `str()` turns into SOQL again.

Values carry the literal as it was typed (its kind matters to the org: a date is not a datetime), names keep the
writer's capitals, and every node is a frozen value, so a tree can be a dictionary key. The grammar is section 4.1 of
the SOQL and SOSL Reference as collected in the project's API notes; `render.py` holds the way back to text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import ClassVar


class Node:
    """What every part of the tree shares: `str(node)` is SOQL. The package fills in `to_text` from `render.py`."""

    __slots__ = ()
    to_text: ClassVar[Callable[[object], str]]

    def __str__(self) -> str:
        return Node.to_text(self)


class Comparator(str, Enum):
    """The comparison operators between an operand and one value."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    LIKE = "LIKE"


class SetOperator(str, Enum):
    """The operators between an operand and a list of values."""

    IN = "IN"
    NOT_IN = "NOT IN"
    INCLUDES = "INCLUDES"
    EXCLUDES = "EXCLUDES"


@dataclass(frozen=True, slots=True)
class Path:
    """A field or relationship path, `Account.Owner.Name`, or an object or alias name when it has one part."""

    parts: tuple[str, ...]

    @property
    def key(self) -> str:
        """The dotted path in lower case: the name under which records and lookups know this field."""
        return ".".join(self.parts).lower()

    def __str__(self) -> str:
        return ".".join(self.parts)


# --- values -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A quoted string. `value` is the text meant; `pattern` is what LIKE means by it: a backslash makes a
    following `%`, `_` or backslash literal."""

    value: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """An integer or decimal. `raw` is the number as typed, `currency` the ISO code in front of it (`USD5000`)."""

    raw: str
    currency: str | None = None

    @property
    def value(self) -> Fraction:
        """The exact number."""
        return Fraction(self.raw)


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    value: bool


@dataclass(frozen=True, slots=True)
class Null(Node):
    pass


@dataclass(frozen=True, slots=True)
class Date(Node):
    value: dt.date


@dataclass(frozen=True, slots=True)
class DateTime(Node):
    """A point in time. `value` is aware, in UTC; `raw` is the literal as typed."""

    value: dt.datetime
    raw: str


@dataclass(frozen=True, slots=True)
class Time(Node):
    """A time of day, for time fields. `value` is in UTC and naive; `raw` is the literal as typed."""

    value: dt.time
    raw: str


@dataclass(frozen=True, slots=True)
class DateLiteral(Node):
    """`TODAY`, `LAST_N_DAYS:7`: a range of days. `name` is upper case, `n` the number after the colon."""

    name: str
    n: int | None = None


Value = Text | Number | Boolean | Null | Date | DateTime | Time | DateLiteral


# --- operands and select items ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Function(Node):
    """`COUNT()`, `COUNT(Id)`, `CALENDAR_MONTH(convertTimezone(CreatedDate))`, `toLabel(Status)`, `DISTANCE(…)`.

    `arguments` are paths, values or nested functions; `name` keeps the writer's capitals (`kind` is upper case).
    """

    name: str
    arguments: tuple[Path | Function | Value, ...] = ()

    @property
    def kind(self) -> str:
        return self.name.upper()


Operand = Path | Function


@dataclass(frozen=True, slots=True)
class SelectField(Node):
    expression: Operand
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class FieldSet(Node):
    """`FIELDS(ALL)`, `FIELDS(CUSTOM)`, `FIELDS(STANDARD)`."""

    which: str


@dataclass(frozen=True, slots=True)
class When(Node):
    object: str
    fields: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class TypeOf(Node):
    path: Path
    whens: tuple[When, ...]
    otherwise: tuple[Path, ...] | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class SubQuery(Node):
    query: Query
    alias: str | None = None


SelectItem = SelectField | FieldSet | TypeOf | SubQuery


# --- conditions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    operand: Operand
    operator: Comparator
    value: Value


@dataclass(frozen=True, slots=True)
class InList(Node):
    """`IN`, `NOT IN`, `INCLUDES`, `EXCLUDES` with a list of values."""

    operand: Operand
    operator: SetOperator
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class InQuery(Node):
    """A semi-join or, with `NOT IN`, an anti-join."""

    operand: Operand
    operator: SetOperator
    query: Query


@dataclass(frozen=True, slots=True)
class Not(Node):
    term: Condition


@dataclass(frozen=True, slots=True)
class And(Node):
    terms: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    terms: tuple[Condition, ...]


Condition = Comparison | InList | InQuery | Not | And | Or


# --- the query --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class From(Node):
    path: Path
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class OrderItem(Node):
    expression: Operand
    descending: bool = False
    nulls_last: bool | None = None
    """None where the query does not say: the org then puts nulls first."""


@dataclass(frozen=True, slots=True)
class GroupBy(Node):
    """`kind` is None for a plain list, else `ROLLUP` or `CUBE`."""

    items: tuple[Operand, ...]
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Query(Node):
    """One SELECT. `with_filter`, `scope`, `for_clause` and `update` are kept as the text between their keywords."""

    select: tuple[SelectItem, ...]
    sources: tuple[From, ...]
    where: Condition | None = None
    group_by: GroupBy | None = None
    having: Condition | None = None
    order_by: tuple[OrderItem, ...] = ()
    limit: int | None = None
    offset: int | None = None
    scope: str | None = None
    with_filter: str | None = None
    for_clause: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    distinct: bool = False

    @property
    def object(self) -> str:
        """The first object (or, in a subquery, child relationship) of FROM."""
        return str(self.sources[0].path)
