"""`/composite/tree/X`: new records with their children and children's children, all of them or none.

Source: REST API Developer Guide, sObject Tree: at most 200 records of five objects, five levels deep, made level by
level; a failure names only the records at fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ApiError
from ..http import Reply
from ..schema import SObject
from .call import Call
from .rows import created

MAX_RECORDS, MAX_OBJECTS, MAX_LEVELS = 200, 5, 5


class _Failed(Exception):
    """Undo everything: these results say why."""

    def __init__(self, reference: str, error: ApiError) -> None:
        super().__init__(error.message)
        self.result = {"referenceId": reference, "errors": [error.collection_row()]}


@dataclass(frozen=True, slots=True)
class _Branch:
    """A record to make; `link` is its field that points to the record `above`, by reference."""

    thing: SObject
    reference: str
    fields: Mapping[str, Any]
    above: str | None = None
    link: str | None = None


def tree(call: Call, root: SObject) -> Reply:
    call.allow("POST")
    levels = _levels(call, root)
    branches = [one for level in levels for one in level]
    if len(branches) > MAX_RECORDS or len({one.thing.name for one in branches}) > MAX_OBJECTS:
        message = f"A tree request takes {MAX_RECORDS} records of {MAX_OBJECTS} objects, this one has {len(branches)}"
        raise ApiError("INVALID_INPUT", message)
    twice = [one for place, one in enumerate(branches) if one.reference in {x.reference for x in branches[:place]}]
    if twice:
        return _refused([_Failed(one.reference, _duplicate()).result for one in twice])
    made: dict[str, str] = {}
    try:
        with call.org.storage.transaction():
            for one in branches:
                made[one.reference] = _made(call, one, made)
    except _Failed as failed:
        return _refused([failed.result])
    results = [{"referenceId": reference, "id": new} for reference, new in made.items()]
    return Reply(201, {"hasErrors": False, "results": results})


def _refused(results: list[dict[str, Any]]) -> Reply:
    return Reply(400, {"hasErrors": True, "results": results})


def _duplicate() -> ApiError:
    return ApiError("INVALID_INPUT", "Duplicate ReferenceId provided in the request.")


def _made(call: Call, branch: _Branch, made: Mapping[str, str]) -> str:
    fields = dict(branch.fields)
    if branch.above is not None and branch.link is not None:
        fields[branch.link] = made[branch.above]
    try:
        return str(created(call, branch.thing, fields).body["id"])
    except ApiError as error:
        raise _Failed(branch.reference, error) from error


def _levels(call: Call, root: SObject) -> list[list[_Branch]]:
    """Roots, their children, and so on. Raises ApiError."""
    found: list[list[_Branch]] = []
    due = [_branch(root, record) for record in _records(call.json_object())]
    while due:
        if len(found) == MAX_LEVELS:
            raise ApiError("INVALID_INPUT", f"A tree is at most {MAX_LEVELS} levels deep")
        found.append([branch for branch, _ in due])
        due = [child for branch, lists in due for child in _children(call, branch, lists)]
    return found


def _records(holder: object) -> list[dict[str, Any]]:
    listed = holder.get("records") if isinstance(holder, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ApiError("JSON_PARSER_ERROR", "records must be a list of records")
    return listed


def _branch(thing: SObject, record: dict[str, Any], **above: str) -> tuple[_Branch, dict[str, Any]]:
    """The record without its children, and the children by the name of their relationship."""
    attributes = record.get("attributes")
    named = attributes if isinstance(attributes, dict) else {}
    reference, kind = named.get("referenceId"), named.get("type")
    if not isinstance(reference, str) or not reference or str(kind).lower() != thing.name.lower():
        message = f"Each record needs attributes with a referenceId and the type {thing.name}: {attributes}"
        raise ApiError("INVALID_INPUT", message)
    lists = {name: value for name, value in record.items() if isinstance(value, dict) and name != "attributes"}
    fields = {name: value for name, value in record.items() if name not in lists}
    return _Branch(thing, reference, fields, **above), lists


def _children(call: Call, branch: _Branch, lists: Mapping[str, Any]) -> list[tuple[_Branch, dict[str, Any]]]:
    found: list[tuple[_Branch, dict[str, Any]]] = []
    for name, holder in lists.items():
        child = branch.thing.children.get(name.lower())
        thing = call.org.schema.find(child.object) if child else None
        if child is None or thing is None:
            raise ApiError("INVALID_FIELD", f"No such child relationship '{name}' on {branch.thing.name}")
        above = {"above": branch.reference, "link": child.field}
        found += [_branch(thing, record, **above) for record in _records(holder)]
    return found
