"""Field paths become columns: `Contact.Account.Name` is two LEFT JOINs and a column of the last.

A relationship that may point to several objects (Owner of a Lead or Case, Who, What) shows only the fields of the
pseudo-object Name, gathered from whichever object the Id belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sfassign.soql.tree import Path

from ..errors import ApiError
from ..schema import Field, Schema, SObject
from ..storage import INDEXED, quoted
from . import problems

MAX_HOPS = 5
_NAME_FIELDS = {"Case": "CaseNumber", "Task": "Subject", "Event": "Subject"}


@dataclass(frozen=True, slots=True)
class Node:
    """A joined record: its object and, one per object it may be, the aliases of its tables. `id_sql` is its Id."""

    thing: SObject
    tables: tuple[tuple[SObject, str], ...]
    id_sql: str

    @property
    def polymorphic(self) -> bool:
        return self.thing.name == "Name"


@dataclass(frozen=True, slots=True)
class Column:
    """`hops`: relationships between the object queried and the field. `through`, where there is one of them and it has
    an index: its key, and table and column of every object that it may lead to."""

    sql: str
    field: Field
    thing: SObject
    name: str
    hops: int = 0
    through: tuple[str, tuple[tuple[str, str], ...]] | None = None


@dataclass(slots=True)
class Scope:
    """The names of one FROM clause. `joins` grows as paths are resolved; `text` is the query, for messages."""

    schema: Schema
    thing: SObject
    alias: str
    text: str
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)
    nodes: dict[tuple[str, ...], Node] = field(default_factory=dict)

    def root(self) -> Node:
        return Node(self.thing, ((self.thing, self.alias),), f"{self.alias}.Id")

    def parts(self, path: Path) -> tuple[str, ...]:
        """The path from the root object, aliases and the object's own name taken off."""
        parts = path.parts
        if len(parts) > 1 and parts[0].lower() in self.aliases:
            return self.aliases[parts[0].lower()] + parts[1:]
        if len(parts) > 1 and parts[0].lower() == self.thing.name.lower():
            return parts[1:]
        return parts

    def column(self, path: Path) -> Column:
        """The column of a path; ApiError where object or field is unknown."""
        parts = self.parts(path)
        node = self.node(parts[:-1], str(path))
        found = node.thing.fields.get(parts[-1].lower())
        if found is None:
            raise problems.no_such_column(self.text, str(path), node.thing.name)
        hops = len(parts) - 1
        through = self._through(parts[0], node, found) if hops == 1 else None
        return Column(_column_sql(node, found), found, node.thing, str(path), hops, through)

    def _through(self, relationship: str, node: Node, found: Field) -> tuple[str, tuple[tuple[str, str], ...]] | None:
        key = self.thing.relationships[relationship.lower()]
        if key.name not in INDEXED or found.name in {"Type", "NameOrAlias"}:
            return None
        ends = (
            (thing, _NAME_FIELDS.get(thing.name, "Name") if node.polymorphic else "Name") for thing, _ in node.tables
        )
        ways = ((thing, named if found.name == "Name" else found.name) for thing, named in ends)
        columns = tuple((quoted(thing.name), quoted(name)) for thing, name in ways if thing.has(name))
        return f"{self.alias}.{quoted(key.name)}", columns

    def node(self, parts: tuple[str, ...], name: str) -> Node:
        if not parts:
            return self.root()
        key = tuple(part.lower() for part in parts)
        if key not in self.nodes:
            if len(key) > MAX_HOPS:
                raise ApiError("INVALID_FIELD", f"Maximum relationship depth of {MAX_HOPS} exceeded: {name}")
            parent = self.node(parts[:-1], name)
            relation = parent.thing.relationships.get(key[-1])
            if relation is None:
                raise problems.no_such_relationship(self.text, name, parent.thing.name, parts[-1])
            self.nodes[key] = self._join(parent, relation)
        return self.nodes[key]

    def _join(self, parent: Node, relation: Field) -> Node:
        target_id = _column_sql(parent, relation)
        targets = [found for found in map(self.schema.find, relation.references) if found]
        tables = []
        for target in targets:
            alias = f"{self.alias}_{len(self.joins)}"
            self.joins.append(f"LEFT JOIN {quoted(target.name)} {alias} ON {alias}.Id = {target_id}")
            tables.append((target, alias))
        if relation.polymorphic:
            return Node(self.schema.object("Name"), tuple(tables), target_id)
        if not targets:
            raise ApiError(
                "INVALID_FIELD", f"The local org has no object behind relationship '{relation.relationship}'"
            )
        return Node(targets[0], tuple(tables), f"{tables[0][1]}.Id")


def _column_sql(node: Node, found: Field) -> str:
    if not node.polymorphic:
        return f"{node.tables[0][1]}.{quoted(found.name)}"
    if found.name == "Id":
        return node.id_sql
    if found.name == "Type":
        return _kind_sql(node)
    if found.name == "NameOrAlias":
        return _first([f"{alias}.Alias" for thing, alias in node.tables if thing.has("Alias")] + _names(node))
    if found.name == "Name":
        return _first(_names(node))
    return _first([f"{alias}.{quoted(found.name)}" for thing, alias in node.tables if thing.has(found.name)])


def _names(node: Node) -> list[str]:
    named = [(alias, _NAME_FIELDS.get(thing.name, "Name"), thing) for thing, alias in node.tables]
    return [f"{alias}.{quoted(name)}" for alias, name, thing in named if thing.has(name)]


def _kind_sql(node: Node) -> str:
    """The Type of Name: the object's name, `Queue` for a group that is one."""
    group = "CASE {}.Type WHEN 'Queue' THEN 'Queue' ELSE 'Group' END"
    kinds = [(one, group.format(one) if thing.name == "Group" else f"'{thing.name}'") for thing, one in node.tables]
    cases = "".join(f" WHEN {alias}.Id IS NOT NULL THEN {kind}" for alias, kind in kinds)
    return f"(CASE{cases} END)" if cases else "NULL"


def _first(options: list[str]) -> str:
    if not options:
        return "NULL"
    return options[0] if len(options) == 1 else f"COALESCE({', '.join(options)})"
