"""The SELECT list: which columns to read, and how the records are put together again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sfassign.soql.tree import FieldSet, Function, Path, Query, SelectField, SubQuery, TypeOf

from ..errors import ApiError
from ..schema import Field
from ..state import PARTS
from . import problems
from .functions import AGGREGATES
from .names import Column, Node, Scope
from .shape import Children, ChildRows, Compound, Leaf, Shape

_SAME_VALUE = frozenset({"TOLABEL", "CONVERTCURRENCY", "FORMAT"})
_FIELDS_LIMIT = 200


@dataclass(slots=True)
class Selection:
    """Columns in the order they were first needed, and the shape of a record. `children` compiles a subquery."""

    scope: Scope
    polymorphic_kind: str
    children: Callable[[Query], tuple[str, ChildRows]]
    columns: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def shape(self, query: Query) -> Shape:
        root = Shape(self._place(f"{self.scope.alias}.Id"), self.scope.thing.name)
        seen: set[str] = set()
        for item in query.select:
            match item:
                case SelectField(expression=Path() as path):
                    self._once(seen, path, path)
                    self._path(root, path)
                case SelectField(expression=Function() as call, alias=alias):
                    self._call(root, call, alias)
                case FieldSet(which):
                    self._field_set(root, which, query, seen)
                case SubQuery(inner):
                    name, rows = self.children(inner)
                    root.items[name] = Children(rows)
                case TypeOf():
                    raise problems.not_offered("TYPEOF")
        return root

    def _once(self, seen: set[str], path: Path, shown: Path) -> None:
        key = ".".join(self.scope.parts(path)).lower()
        if key in seen:
            raise problems.at(self.scope.text, str(shown), f"duplicate field selected: {shown}")
        seen.add(key)

    def _place(self, sql: str) -> int:
        if sql not in self.places:
            self.places[sql] = len(self.columns)
            self.columns.append(sql)
        return self.places[sql]

    def _path(self, root: Shape, path: Path) -> None:
        column = self.scope.column(path)
        parts = self.scope.parts(path)
        shape = root
        for depth in range(1, len(parts)):
            shape = self._parent(shape, parts[:depth], str(path))
        shape.items[column.field.name] = self._leaf(column, parts)

    def _parent(self, shape: Shape, parts: tuple[str, ...], name: str) -> Shape:
        above = self.scope.node(parts[:-1], name).thing
        relation = above.relationships[parts[-1].lower()]
        label = str(relation.relationship)
        if label not in shape.items:
            node = self.scope.node(parts, name)
            shape.items[label] = Shape(self._place(_record_id(node)), self._kind(node))
        found = shape.items[label]
        assert isinstance(found, Shape)  # noqa: S101 - a relationship's name is never a field's
        return found

    def _kind(self, node: Node) -> str | None:
        if not node.polymorphic:
            return node.thing.name
        return self.polymorphic_kind or None

    def _leaf(self, column: Column, parts: tuple[str, ...]) -> Leaf | Compound:
        if column.field.type != "address":
            return Leaf(column.field, self._place(column.sql))
        prefix = column.field.name.removesuffix("Address")
        names = [f"{prefix}{part[0].upper()}{part[1:]}" for part in PARTS]
        return Compound(
            column.field,
            {name: self._place(self.scope.column(Path((*parts[:-1], name))).sql) for name in names},
        )

    def _call(self, root: Shape, call: Function, alias: str | None) -> None:
        inner = call.arguments[0] if call.arguments else None
        if call.kind not in _SAME_VALUE or not isinstance(inner, Path) or call.kind in AGGREGATES:
            raise problems.malformed(f"unexpected token: '{call.name}'")
        if alias is None:
            self._path(root, inner)
            return
        root.items[alias] = Leaf(self.scope.column(inner).field, self._place(self.scope.column(inner).sql))

    def _field_set(self, root: Shape, which: str, query: Query, seen: set[str]) -> None:
        kind = which.upper()
        if kind != "STANDARD" and (query.limit is None or query.limit > _FIELDS_LIMIT):
            raise problems.malformed(f"The SOQL FIELDS function must have a LIMIT of at most {_FIELDS_LIMIT}")
        for one in self.scope.thing.fields.values():
            if kind == "ALL" or (kind == "CUSTOM") is one.custom:
                self._once(seen, Path((one.name,)), Path((one.name,)))
                self._path(root, Path((one.name,)))


def _record_id(node: Node) -> str:
    """The Id that says whether the joined record is there at all."""
    if not node.polymorphic:
        return node.id_sql
    known = [f"{alias}.Id" for _, alias in node.tables]
    return f"COALESCE({', '.join(known)}, NULL)" if known else "NULL"


@dataclass(slots=True)
class Aggregates:
    """The SELECT list of a query with aggregates: one SQL column per key of the result."""

    keys: list[str] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)

    def add(self, key: str, column: Column) -> None:
        if key.lower() in {one.lower() for one in self.keys}:
            raise ApiError("MALFORMED_QUERY", f"duplicate alias: {key}")
        self.keys.append(key)
        self.fields.append(column.field)
        self.columns.append(column.sql)
