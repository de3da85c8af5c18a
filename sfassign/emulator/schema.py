"""What objects and fields the local org has: Salesforce's published field facts, plus fields and objects added later.

The engine asks it on every read and write; describe prints it. `schema.json` next to this file holds the standard
objects: type, length, flags, references and picklist values as the Object Reference and describe publish them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources
from typing import Any

TEXT_TYPES = frozenset(
    {
        "string",
        "picklist",
        "multipicklist",
        "textarea",
        "email",
        "phone",
        "url",
        "combobox",
        "anyType",
        "id",
        "reference",
    }
)
NUMBER_TYPES = frozenset({"int", "double", "currency", "percent"})
CUSTOM_LIMITS = {"string": 255, "picklist": 255, "multipicklist": 4099, "textarea": 32768, "url": 255, "email": 80}


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `length` is in characters, `digits` and `scale` are a number's; `values` is a picklist in order."""

    name: str
    type: str
    length: int = 0
    digits: int = 0
    scale: int = 0
    nillable: bool = True
    filterable: bool = True
    groupable: bool = True
    sortable: bool = True
    aggregatable: bool = True
    createable: bool = True
    updateable: bool = True
    references: tuple[str, ...] = ()
    relationship: str | None = None
    values: tuple[str, ...] = ()
    restricted: bool = False
    defaulted: bool = False
    external_id: bool = False
    text: str | None = None

    @property
    def key(self) -> str:
        return self.name.lower()

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def polymorphic(self) -> bool:
        """Through such a relationship only the pseudo-object Name can be seen."""
        return self.relationship is not None and len(self.references) > 1

    @property
    def label(self) -> str:
        """The words error messages use for this field: a reference is called by its relationship and `ID`."""
        if self.text:
            return self.text
        stem = self.name.removesuffix("__c")
        if self.type == "reference" and stem.endswith("Id") and not self.custom:
            stem = stem.removesuffix("Id")
        words = "".join(f" {c}" if c.isupper() and i and not stem[i - 1].isupper() else c for i, c in enumerate(stem))
        return f"{words} ID" if self.type == "reference" and not self.custom else words.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Child:
    """A child relationship: rows of `object` whose `field` points here."""

    name: str
    object: str
    field: str


@dataclass(slots=True)
class SObject:
    """One object; `fields`, `relationships` and `children` are keyed by lower-case name."""

    name: str
    prefix: str | None
    label: str
    createable: bool
    updateable: bool
    deletable: bool
    queryable: bool
    fields: dict[str, Field] = field(default_factory=dict)
    relationships: dict[str, Field] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)

    def add(self, new: Field) -> None:
        self.fields[new.key] = new
        if new.relationship and new.references:
            self.relationships[new.relationship.lower()] = new

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    def make_read_only(self, *names: str) -> None:
        """Take Edit away: of the whole object, or of these fields alone."""
        self.updateable = self.updateable and bool(names)
        for name in names:
            self.add(replace(self.fields[name.lower()], createable=False, updateable=False))

    def has(self, name: str) -> bool:
        return name.lower() in self.fields


class Schema:
    """The org's objects by name or key prefix. Names are compared without regard to capitals."""

    def __init__(self) -> None:
        self.objects: dict[str, SObject] = {name.lower(): _object(name, facts) for name, facts in _facts().items()}
        self.by_prefix: dict[str, SObject] = {}
        for found in self.objects.values():
            if found.prefix:
                self.by_prefix.setdefault(found.prefix, found)

    def find(self, name: str) -> SObject | None:
        return self.objects.get(name.lower())

    def object(self, name: str) -> SObject:
        """The object of that name; KeyError where the org has none."""
        return self.objects[name.lower()]

    def of_id(self, record_id: str) -> SObject | None:
        return self.by_prefix.get(record_id[:3])

    def add_object(self, name: str, label: str, prefix: str) -> SObject:
        made = SObject(name, prefix, label, createable=True, updateable=True, deletable=True, queryable=True)
        for one in (*_system_fields(), *_custom_object_fields()):
            made.add(one)
        self.objects[name.lower()] = made
        self.by_prefix[prefix] = made
        return made

    def add_history(self, of: str, name: str, key: str) -> SObject:
        """A history object like those of the standard objects, with its reference `key` to the record."""
        like = self.object("CaseHistory")
        made = replace(like, name=name, label=name, fields={}, relationships={}, children={})
        for one in like.fields.values():
            parent = replace(one, name=key, references=(of,), relationship=key.removesuffix("Id"))
            made.add(parent if one.name == "CaseId" else one)
        self.objects[name.lower()] = made
        return made

    def add_child(self, parent: str, child: Child) -> None:
        found = self.find(parent)
        if found:
            found.children[child.name.lower()] = child


def custom_field(
    name: str,
    kind: str,
    *,
    values: tuple[str, ...] = (),
    references: tuple[str, ...] = (),
    length: int | None = None,
    restricted: bool = False,
    external_id: bool = False,
    required: bool = False,
) -> Field:
    """A field as an administrator would make it, with the flags its type has in Salesforce."""
    lengthy = kind == "textarea"
    coarse = kind in {"datetime", "double", "currency", "percent", "multipicklist"} or lengthy
    return Field(
        name,
        kind,
        length=18 if kind == "reference" else (length or CUSTOM_LIMITS.get(kind, 0)),
        digits=18 if kind in NUMBER_TYPES else 0,
        scale=2 if kind in {"currency", "percent"} else 4 if kind == "double" else 0,
        nillable=kind != "boolean" and not required,
        filterable=not lengthy,
        groupable=not coarse,
        sortable=not lengthy and kind != "multipicklist",
        aggregatable=not lengthy and kind not in {"boolean", "multipicklist"},
        references=references,
        relationship=name.removesuffix("__c") + "__r" if kind == "reference" else None,
        values=values,
        restricted=restricted,
        external_id=external_id,
    )


@lru_cache(maxsize=1)
def _facts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(resources.files(__package__).joinpath("schema.json").read_text())
    return found


@cache
def _fields(name: str) -> tuple[Field, ...]:
    return tuple(_field(one) for one in _facts()[name]["fields"])


def _object(name: str, facts: dict[str, Any]) -> SObject:
    fields = _fields(name)
    createable = any(one.createable for one in fields)
    usual = ("CD" if createable else "") + "U" * any(one.updateable for one in fields) + "Q"
    flags = facts.get("flags", usual)
    made = SObject(
        name,
        facts["prefix"],
        facts.get("label") or Field(name, "string").label,
        createable="C" in flags,
        updateable="U" in flags,
        deletable="D" in flags,
        queryable="Q" in flags and name != "Name",
    )
    for one in fields:
        made.add(one)
    for child, target, via in facts.get("children", ()):
        made.children[child.lower()] = Child(child, target, via)
    return made


def _field(facts: dict[str, Any]) -> Field:
    """One field of schema.json. Fields never change, so all orgs share them."""
    length, _, scale = str(facts.get("l", "")).partition(",")
    number = facts["t"] in NUMBER_TYPES
    lacks, rights = facts.get("x", ""), facts.get("w", "")
    return Field(
        facts["n"],
        facts["t"],
        length=0 if number else int(length or 0),
        digits=int(length or 18) if number else 0,
        scale=int(scale or 0),
        nillable=bool(facts.get("z")),
        filterable="F" not in lacks,
        groupable="G" not in lacks,
        sortable="S" not in lacks,
        aggregatable="A" not in lacks,
        createable="C" in rights,
        updateable="U" in rights,
        references=tuple(facts.get("r", ())),
        relationship=facts.get("p"),
        values=tuple(facts.get("v", ())),
        restricted=bool(facts.get("q")),
        defaulted=bool(facts.get("d")),
        text=facts.get("b"),
    )


def _system_fields() -> tuple[Field, ...]:
    fixed = Field("", "", nillable=False, createable=False, updateable=False)
    user = replace(fixed, type="reference", length=18, references=("User",))
    stamp = replace(fixed, type="datetime", groupable=False)
    return (
        replace(fixed, name="Id", type="id", length=18),
        replace(fixed, name="IsDeleted", type="boolean", aggregatable=False),
        replace(stamp, name="CreatedDate"),
        replace(user, name="CreatedById", relationship="CreatedBy"),
        replace(stamp, name="LastModifiedDate"),
        replace(user, name="LastModifiedById", relationship="LastModifiedBy"),
        replace(stamp, name="SystemModstamp"),
    )


def _custom_object_fields() -> tuple[Field, ...]:
    return (
        Field("OwnerId", "reference", length=18, nillable=False, references=("Group", "User"), relationship="Owner"),
        Field("Name", "string", length=80, nillable=True),
        Field("LastActivityDate", "date", createable=False, updateable=False),
    )
