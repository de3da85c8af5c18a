"""The SELECT list: which columns to read, and how the records are put together again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sfassign.soql.tree import FieldSet, Function, Operand, Path, Query, SelectField, SubQuery, TypeOf, When

from ..errors import ApiError
from ..options import Settings
from ..schema import Field
from ..state import PARTS
from . import problems
from .distance import distance
from .formats import formatted
from .functions import AGGREGATES
from .moments import Asker
from .names import Column, Node, Scope
from .shape import Cases, Children, Compound, Leaf, Shape

_SAME_VALUE = frozenset({"TOLABEL", "CONVERTCURRENCY"})
_FIELDS_LIMIT = 200


@dataclass(slots=True)
class Selection:
    """Columns in the order they were first needed, and the shape of a record. `children` compiles a subquery."""

    scope: Scope
    asker: Asker
    settings: Settings
    children: Callable[[Query], tuple[str, Children]]
    columns: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def shape(self, query: Query) -> Shape:
        root = Shape(self._place(f"{self.scope.alias}.Id"), self.scope.thing.name)
        seen: set[str] = set()
        for item in query.select:
            match item:
                case SelectField(expression=Path(), alias=str()):
                    raise problems.malformed("only aggregate expressions use field aliasing")
                case SelectField(expression=Path() as path):
                    self._once(seen, path, path)
                    self._path(root, path)
                case SelectField(expression=Function() as call, alias=alias):
                    self._call(root, call, alias)
                case FieldSet(which):
                    self._field_set(root, which, query, seen)
                case SubQuery(inner):
                    name, root.items[name] = self.children(inner)
                case TypeOf():
                    self._typeof(root, item, query)
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

    def _path(self, root: Shape, path: Path, base: tuple[str, ...] = ()) -> None:
        """Put a field into a shape; `root` shows the record `base` leads to."""
        parts = (*base, *self.scope.parts(path))
        column = self.scope.column(Path(parts))
        shape = root
        for depth in range(len(base) + 1, len(parts)):
            shape = self._parent(shape, parts[:depth], str(path))
        shape.items[column.field.name] = self._leaf(column, parts)

    def _parent(self, shape: Shape, parts: tuple[str, ...], name: str) -> Shape:
        label = self._label(parts, name)
        if label not in shape.items:
            node = self.scope.node(parts, name)
            shape.items[label] = Shape(self._place(_record_id(node)), self._kind(node))
        found = shape.items[label]
        assert isinstance(found, Shape)  # noqa: S101 - a relationship's name is never a field's
        return found

    def _typeof(self, root: Shape, item: TypeOf, query: Query) -> None:
        if any(isinstance(one, SelectField) and isinstance(one.expression, Function) for one in query.select):
            raise problems.malformed("TYPEOF can't be used in a query with functions")
        parts, name = self.scope.parts(item.path), str(item.path)
        node = self.scope.node(parts, name)
        if not node.polymorphic:
            raise problems.malformed(f"TYPEOF is not supported on the relationship {name}: it has one type only")
        shape = root
        for depth in range(1, len(parts)):
            shape = self._parent(shape, parts[:depth], name)
        if parts[-1].lower() in {one.lower() for one in shape.items}:
            raise problems.at(self.scope.text, name, f"duplicate field selected: {name}")
        cases = [self._case(node, when) for when in item.whens]
        otherwise = None
        if item.otherwise is not None:
            otherwise = Shape(self._place(_record_id(node)), None)
            for path in item.otherwise:
                self._path(otherwise, path, parts)
        shape.items[self._label(parts, name)] = Cases(cases, otherwise)

    def _case(self, node: Node, when: When) -> Shape:
        """The fields of one WHEN, seen from the object it names."""
        found = next(
            ((thing, alias) for thing, alias in node.tables if thing.name.lower() == when.object.lower()), None
        )
        if found is None:
            raise problems.malformed(f"TYPEOF: the relationship cannot point to {when.object}")
        thing, alias = found
        inner = replace(self, scope=Scope(self.scope.schema, thing, alias, self.scope.text, joins=self.scope.joins))
        shape, seen = Shape(self._place(f"{alias}.Id"), thing.name), set[str]()
        for path in when.fields:
            inner._once(seen, path, path)
            inner._path(shape, path)
        return shape

    def _label(self, parts: tuple[str, ...], name: str) -> str:
        above = self.scope.node(parts[:-1], name).thing
        return str(above.relationships[parts[-1].lower()].relationship)

    def _kind(self, node: Node) -> str | None:
        if not node.polymorphic:
            return node.thing.name
        return self.settings.polymorphic_type or None

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
        if call.kind == "FORMAT":
            self._format(root, call, alias)
            return
        if call.kind == "DISTANCE":
            column = distance(self.scope, call)
            root.items[alias or self._unnamed(root)] = Leaf(column.field, self._place(column.sql))
            return
        if call.kind not in _SAME_VALUE or not isinstance(inner, Path) or call.kind in AGGREGATES:
            raise problems.malformed(f"unexpected token: '{call.name}'")
        if alias is None:
            self._path(root, inner)
            return
        root.items[alias] = Leaf(self.scope.column(inner).field, self._place(self.scope.column(inner).sql))

    def _unnamed(self, root: Shape) -> str:
        return f"expr{sum(name.startswith('expr') for name in root.items)}"

    def _format(self, root: Shape, call: Function, alias: str | None) -> None:
        inner = call.arguments[0]
        if isinstance(inner, Function) and inner.kind == "CONVERTCURRENCY":
            inner = inner.arguments[0]
        if not isinstance(inner, Path):
            raise problems.malformed(f"unexpected token: '{call.name}'")
        source = self.scope.column(inner)
        column = formatted(source, self.asker, str(call))
        key = alias or source.field.name
        if key in root.items:
            raise problems.at(self.scope.text, str(inner), f"duplicate field selected: {inner}")
        root.items[key] = Leaf(column.field, self._place(column.sql))

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
    """The SELECT list of a query with aggregates: one SQL column per key of the result. `calls` are the functions
    behind them, None for a plain field."""

    keys: list[str] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    calls: list[Function | None] = field(default_factory=list)

    def add(self, key: str, column: Column, expression: Operand) -> None:
        if key.lower() in {one.lower() for one in self.keys}:
            raise ApiError("MALFORMED_QUERY", f"duplicate alias: {key}")
        self.keys.append(key)
        self.fields.append(column.field)
        self.columns.append(column.sql)
        self.calls.append(expression if isinstance(expression, Function) else None)
