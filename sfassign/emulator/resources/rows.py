"""`/sobjects/X`, `/sobjects/X/<id>` and `/sobjects/X/<ExternalId>/<value>`: one record at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..access import sees
from ..derived import note_viewed
from ..errors import ApiError, entity_is_deleted, no_such_record, not_found
from ..http import Reply, http_date, read_http_date
from ..schema import Field, SObject
from ..state import Row
from ..wire import moment, stored
from ..writes import create, delete, row_to_change, update
from .call import Call, record_id
from .describe import describe, describe_global, object_describe
from .recent import items
from .replication import deleted, updated


def sobjects(call: Call) -> Reply:
    match call.segments[1:]:
        case ():
            return describe_global(call)
        case (name,):
            return _collection(call, call.thing(name))
        case (name, key):
            return _WHOLE.get(key, _row_of(key))(call, call.thing(name))
        case (name, field, value):
            return _by_external_id(call, call.thing(name), field, value)
        case _:
            raise not_found()


_WHOLE = {"describe": describe, "updated": updated, "deleted": deleted}


def _row_of(key: str) -> Callable[[Call, SObject], Reply]:
    return lambda call, thing: _row(call, thing, key)


def _collection(call: Call, thing: SObject) -> Reply:
    call.allow("GET", "HEAD", "POST")
    if call.method != "POST":
        return Reply(200, {"objectDescribe": object_describe(call, thing), "recentItems": items(call, thing.name)})
    return created(call, thing, call.json_object())


def created(call: Call, thing: SObject, body: dict[str, Any]) -> Reply:
    with call.org.storage.lock:
        new = create(call.org.state, thing, body, call.write())
    location = {"Location": f"{call.root}/sobjects/{thing.name}/{new}"}
    return Reply(201, {"id": new, "success": True, "errors": []}, location)


def _row(call: Call, thing: SObject, key: str) -> Reply:
    call.allow("GET", "HEAD", "PATCH", "DELETE")
    full = record_id(thing, key, reading=call.method in {"GET", "HEAD"})
    with call.org.storage.lock:
        match call.method:
            case "PATCH":
                return _patch(call, thing, full)
            case "DELETE":
                delete(call.org.state, thing, full, call.write())
                return Reply(204)
            case _:
                return _get(call, thing, full)


def _patch(call: Call, thing: SObject, full: str) -> Reply:
    body = call.json_object()
    return _changed(call, thing, full, body) or Reply(204)


def _changed(call: Call, thing: SObject, full: str, body: dict[str, Any]) -> Reply | None:
    """Change the record, or say why its precondition does not let it."""
    write = call.write()
    refused = _precondition(call, row_to_change(call.org.state, thing, full, write, "updated"))
    if refused is None:
        update(call.org.state, thing, full, body, write)
    return refused


def _precondition(call: Call, row: Row) -> Reply | None:
    """412 where the record changed after `If-Unmodified-Since`, compared in whole seconds."""
    since = call.headers.get("if-unmodified-since")
    settings = call.org.settings
    if since is None or not settings.honours_preconditions:
        return None
    try:
        limit = read_http_date(since)
    except ValueError:
        raise ApiError("INVALID_HEADER", f"The value of If-Unmodified-Since is not a date: {since}") from None
    changed = row.get(settings.precondition_field) or row.get("LastModifiedDate")
    if changed is None or changed // 1000 <= int(limit.timestamp()):
        return None
    message = "The record was modified after the date of If-Unmodified-Since"
    return Reply(
        412, [{"message": message, "errorCode": "PRECONDITION_FAILED"}] if settings.precondition_body else None
    )


def _get(call: Call, thing: SObject, full: str) -> Reply:
    row = call.org.storage.get(thing, full)
    if row is None or not sees(call.org.state, thing, full, call.user):
        raise not_found()
    if row.get("IsDeleted"):
        raise entity_is_deleted()
    if call.method == "GET" and thing.name == "Lead" and row["OwnerId"] == call.user:
        note_viewed(call.org.state, call.user, "?", (full,))
    changed = row.get("LastModifiedDate")
    headers = {"Last-Modified": http_date(moment(changed))} if changed is not None else {}
    if changed is not None and _unchanged(call, changed):
        return Reply(304, None, headers)
    return Reply(200, _shown(call, thing, row), headers)


def _unchanged(call: Call, changed: int) -> bool:
    since = call.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return changed // 1000 <= int(read_http_date(since).timestamp())
    except ValueError:
        return False


def _shown(call: Call, thing: SObject, row: Row) -> Row:
    url = f"{call.root}/sobjects/{thing.name}/{row['Id']}"
    attributes = {"attributes": {"type": thing.name, "url": url}}
    values = call.org.state.api(thing, row)
    wanted = call.params.get("fields")
    if wanted is None:
        return attributes | values
    names = [_field(thing, name.strip()).name for name in wanted.split(",") if name.strip()]
    return attributes | {name: values[name] for name in names} | {"Id": values["Id"]}


def _field(thing: SObject, name: str) -> Field:
    found = thing.fields.get(name.lower())
    if found is None:
        raise ApiError("INVALID_FIELD", f"No such column '{name}' on sobject of type {thing.name}")
    return found


def _by_external_id(call: Call, thing: SObject, name: str, value: str) -> Reply:
    call.allow("GET", "HEAD", "PATCH", "POST", "DELETE")
    field = thing.fields.get(name.lower())
    if field is None or not (field.external_id or field.name == "Id"):
        message = f"Provided external ID field does not exist or is not accessible: {name}"
        raise ApiError("NOT_FOUND", message, 404)
    with call.org.storage.lock:
        rows = call.org.storage.where(thing, **{field.name: stored(field, value)})
        shown = [one for one in rows if sees(call.org.state, thing, one["Id"], call.user)]
        found = [one for one in shown if not one.get("IsDeleted")]
        if len(found) > 1:
            return Reply(300, [f"{call.root}/sobjects/{thing.name}/{one['Id']}" for one in found])
        if call.method == "PATCH":
            return _upsert(call, thing, {field.name: value}, found)
        if not found:
            raise not_found()
        if call.method == "DELETE":
            delete(call.org.state, thing, found[0]["Id"], call.write())
            return Reply(204)
        return _get(call, thing, found[0]["Id"])


def _upsert(call: Call, thing: SObject, key: dict[str, Any], found: list[Row]) -> Reply:
    body = call.json_object()
    if found:
        done = Reply(200, {"id": found[0]["Id"], "success": True, "errors": [], "created": False})
        return _changed(call, thing, found[0]["Id"], body) or done
    if "Id" in key:
        raise no_such_record()
    reply = created(call, thing, body | key)
    return Reply(201, reply.body | {"created": True}, reply.headers)
