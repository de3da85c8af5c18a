"""What the org's objects look like: describe results, kept in the database for an hour. Called by gather and check."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field

from sfassign.identity import OrgIdentity
from sfassign.ports import Clock, FieldShape, ObjectShape, Org, Store
from sfassign.soql.tree import Path

SHAPE_LIFE = dt.timedelta(hours=1)
RIGHTS = ("queryable", "createable", "updateable")


_ONLY_OF_NAME = ("type", "nameoralias")


def _stand_in(references: tuple[str, ...]) -> str:
    """What describes the fields of a reference to several objects. They are those of the pseudo-object Name, which
    orgs need not describe; a user has nearly all of them, with the same types."""
    return "User" if "User" in references else "Name"


@dataclass
class Shapes:
    """The shapes of objects, read when first asked for. May raise WrongOrg, an OrgError or DatabaseUnusable."""

    org: Org
    store: Store
    clock: Clock
    identity: OrgIdentity
    _known: dict[str, ObjectShape | None] = field(default_factory=dict)
    _asked_since: dt.datetime | None = None

    def of(self, name: str) -> ObjectShape | None:
        """The object's shape, None where the org does not know it."""
        key = name.lower()
        if key not in self._known:
            self._known[key] = self._kept(key) or self._read(name, key)
        return self._known[key]

    def refresh(self) -> None:
        """Ask the org again, however young what is kept may be."""
        self._known.clear()
        self._asked_since = self.clock.now()

    def field(self, object_name: str, path: Path) -> FieldShape | None:
        """The field at the end of the path, following its relationships; None where there is none."""
        shape = self.of(object_name)
        for hop in path.parts[:-1]:
            if shape is None:
                return None
            relation = next((f for f in shape.fields.values() if (f.relationship or "").lower() == hop.lower()), None)
            if relation is None or not relation.references:
                return None
            several = len(relation.references) > 1
            shape = self.of(_stand_in(relation.references) if several else relation.references[0])
            if several and path.parts[-1].lower() in _ONLY_OF_NAME:
                return FieldShape(path.parts[-1], "string", True, False, False, None, ())
        return shape.fields.get(path.parts[-1].lower()) if shape else None

    def kind(self, object_name: str, path: Path) -> str:
        """`date` or `datetime`: which literals the org compares this field with."""
        shape = self.field(object_name, path)
        return "date" if shape is not None and shape.type == "date" else "datetime"

    def _kept(self, key: str) -> ObjectShape | None:
        text = self.store.fact(f"shape:{key}")
        if text is None:
            return None
        kept = json.loads(text)
        read_at = dt.datetime.fromisoformat(kept["at"])
        if self.clock.now() - read_at >= SHAPE_LIFE or (self._asked_since is not None and read_at < self._asked_since):
            return None
        fields = {
            name: FieldShape(
                **{**facts, "references": tuple(facts["references"]), "values": tuple(facts.get("values", ()))}
            )
            for name, facts in kept["fields"].items()
        }
        rights = {right: kept.get(right, True) for right in RIGHTS}
        return ObjectShape(kept["name"], fields, kept.get("key_prefix"), **rights)

    def _read(self, name: str, key: str) -> ObjectShape | None:
        self.identity.make_sure()
        shape = self.org.describe(name)
        if shape is not None:
            fields = {name: asdict(facts) for name, facts in shape.fields.items()}
            about = {"at": self.clock.now().isoformat(), "name": shape.name, "key_prefix": shape.key_prefix}
            kept = {**about, "fields": fields, **{right: getattr(shape, right) for right in RIGHTS}}
            self.store.keep_fact(f"shape:{key}", json.dumps(kept))
        return shape
