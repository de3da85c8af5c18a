"""`/composite/sobjects`: up to 200 records in one API call, each with its own result, in the order of the request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from ..access import sees
from ..errors import ApiError, malformed, not_found
from ..http import Reply
from ..ids import to18
from ..schema import Field, SObject
from ..wire import stored
from ..writes import create, delete, update
from .call import Call, record_id

MAX_RECORDS = 200
MAX_CHUNKS = 10
MAX_READ = 2000
Result = dict[str, Any]


class _RollBack(Exception):
    """Undo everything: one record failed under allOrNone."""


def collections(call: Call) -> Reply:
    rest = call.segments[2:]
    if len(rest) == 1:
        return _read(call, call.thing(rest[0]))
    if len(rest) == 2:
        return _upsert(call, call.thing(rest[0]), rest[1])
    if rest:
        raise not_found()
    call.allow("POST", "PATCH", "DELETE")
    if call.method == "DELETE":
        return _delete(call)
    return _each(call, _create if call.method == "POST" else _update)


def _each(call: Call, each: Callable[[Call, Any], str]) -> Reply:
    body = call.json_object()
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise malformed("records must be a list of records")
    _check_size(records)
    return _run(call, records, each, all_or_none=body.get("allOrNone") is True)


def _check_size(records: Sequence[Mapping[str, Any]]) -> None:
    if len(records) > MAX_RECORDS:
        message = f"record limit reached. cannot submit more than {MAX_RECORDS} records into this call"
        raise ApiError("EXCEEDED_ID_LIMIT", message)
    kinds = [str(_attributes(one).get("type", "")).lower() for one in records]
    if sum(1 for _ in groupby(kinds)) > MAX_CHUNKS:
        message = f"Cannot have more than {MAX_CHUNKS} chunks in a single operation. Please rearrange the data."
        raise ApiError("INVALID_INPUT", message)


def _attributes(record: Mapping[str, Any]) -> Mapping[str, Any]:
    found = record.get("attributes", {})
    if not isinstance(found, dict):
        raise malformed(f"attributes must be an object, not {found!r:.80}")
    return found


def _run(call: Call, items: Sequence[Any], each: Callable[[Call, Any], str], *, all_or_none: bool) -> Reply:
    results: list[Result] = []
    try:
        with call.org.storage.transaction():
            results = [_one(call, item, each) for item in items]
            _insist(results, all_or_none=all_or_none)
    except _RollBack:
        results = [_rolled_back() if one["success"] else one for one in results]
    return Reply(200, results)


def _insist(results: list[Result], *, all_or_none: bool) -> None:
    if all_or_none and not all(one["success"] for one in results):
        raise _RollBack


def _one(call: Call, item: Any, each: Callable[[Call, Any], str]) -> Result:
    try:
        return {"id": each(call, item), "success": True, "errors": []}
    except ApiError as error:
        return {"success": False, "errors": [error.collection_row()]}


def _rolled_back() -> Result:
    message = "Record rolled back because not all records were valid and the request was using AllOrNone header"
    error = {"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": message, "fields": []}
    return {"success": False, "errors": [error]}


def _thing(call: Call, record: Mapping[str, Any]) -> SObject:
    name = _attributes(record).get("type")
    found = call.org.schema.find(name) if isinstance(name, str) else None
    if found is None:
        raise ApiError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return found


def _create(call: Call, record: Mapping[str, Any]) -> str:
    return create(call.org.state, _thing(call, record), record, call.write())


def _update(call: Call, record: Mapping[str, Any]) -> str:
    thing = _thing(call, record)
    key = record.get("id", record.get("Id"))
    if key is None:
        raise ApiError("MISSING_ARGUMENT", "Id not specified in an update call", 400, ())
    full = _id(thing, str(key))
    fields = {name: value for name, value in record.items() if name not in {"id", "Id", "attributes"}}
    with call.org.storage.transaction():
        update(call.org.state, thing, full, fields, call.write())
    return full


def _upsert(call: Call, thing: SObject, name: str) -> Reply:
    """Create or update by an external Id, all records of one object."""
    call.allow("PATCH")
    key = thing.fields.get(name.lower())
    if key is None or not key.external_id:
        raise ApiError("NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}", 404)
    created: set[str] = set()

    def each(call: Call, record: Mapping[str, Any]) -> str:
        with call.org.storage.transaction():
            record_id, new = _upserted(call, thing, key, record)
        created.update({record_id} if new else ())
        return record_id

    reply = _each(call, each)
    reply.body = [one | {"created": one["id"] in created} if one["success"] else one for one in reply.body]
    return reply


def _upserted(call: Call, thing: SObject, key: Field, record: Mapping[str, Any]) -> tuple[str, bool]:
    """The record's Id, and whether it is new."""
    if _thing(call, record) is not thing:
        raise ApiError("INVALID_TYPE", f"all records must be of the type in the address, {thing.name}")
    given = {name: value for name, value in record.items() if name != "attributes"}
    value = next((one for field, one in given.items() if field.lower() == key.key), None)
    if value is None:
        raise ApiError("MISSING_ARGUMENT", f"{key.name} not specified", 400, ())
    rows = call.org.storage.where(thing, **{key.name: stored(key, value)})
    found = [one["Id"] for one in rows if not one.get("IsDeleted")]
    if len(found) > 1:
        message = f"{key.name}: more than one record found for external id field: {found}"
        raise ApiError("DUPLICATE_EXTERNAL_ID", message, 400, ())
    if not found:
        return _create(call, record), True
    update(call.org.state, thing, found[0], given, call.write())
    return str(found[0]), False


def _id(thing: SObject, key: str) -> str:
    try:
        return record_id(thing, key, reading=False)
    except ApiError:
        message = f"{thing.label} ID: id value of incorrect type: {key}"
        raise ApiError("MALFORMED_ID", message, 400, ("Id",)) from None


def _delete(call: Call) -> Reply:
    ids = [one for one in call.params.get("ids", "").split(",") if one]
    if len(ids) > MAX_RECORDS:
        message = f"record limit reached. cannot submit more than {MAX_RECORDS} records into this call"
        raise ApiError("EXCEEDED_ID_LIMIT", message)
    return _run(call, ids, _delete_one, all_or_none=call.params.get("allOrNone", "").lower() == "true")


def _delete_one(call: Call, key: str) -> str:
    thing = call.org.schema.of_id(key)
    if thing is None:
        raise ApiError("MALFORMED_ID", f"malformed id {key}", 400, ())
    full = _id(thing, key)
    delete(call.org.state, thing, full, call.write())
    return full


def _read(call: Call, thing: SObject) -> Reply:
    call.allow("GET", "POST")
    if call.method == "GET":
        ids, names = (call.params.get(key, "").split(",") for key in ("ids", "fields"))
    else:
        body = call.json_object()
        ids, names = (_texts(body, key) for key in ("ids", "fields"))
    if len(ids) > MAX_READ:
        raise ApiError("EXCEEDED_ID_LIMIT", f"record limit reached. cannot read more than {MAX_READ} records")
    fields = [thing.fields.get(name.strip().lower()) for name in names if name.strip()]
    missing = [name for name, one in zip(names, fields, strict=False) if one is None]
    if missing or not fields:
        raise ApiError("INVALID_FIELD", f"No such column '{', '.join(missing)}' on sobject of type {thing.name}")
    return Reply(200, [_row(call, thing, key, [one.name for one in fields if one]) for key in ids])


def _texts(body: Mapping[str, Any], key: str) -> list[str]:
    found = body.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise malformed(f"{key} must be a list of strings")
    return found


def _row(call: Call, thing: SObject, key: str, names: list[str]) -> Result | None:
    try:
        full = to18(key)
    except ValueError:
        return None
    row = call.org.storage.get(thing, full)
    if row is None or row.get("IsDeleted") or not sees(call.org.state, thing, full, call.user):
        return None
    values = call.org.state.api(thing, row)
    attributes = {"type": thing.name, "url": f"{call.root}/sobjects/{thing.name}/{row['Id']}"}
    return {"attributes": attributes} | {name: values[name] for name in names} | {"Id": values["Id"]}
