"""Who may own a record: the rules of OwnerId, and what assignment rules do to it."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import ApiError
from .schema import SObject
from .state import Row, State

ASSIGNED = frozenset({"Lead", "Case"})


def check_owner(state: State, thing: SObject, owner: str | None) -> None:
    """ApiError where the org would not let this user or queue own a record of this object."""
    if owner is None:
        raise ApiError("INVALID_EMPTY_KEY_OWNER", "can't set the value for owner to null", 400, ("OwnerId",))
    target = state.schema.of_id(owner)
    allowed = thing.fields["ownerid"].references
    if target is None or target.name not in allowed:
        raise ApiError("FIELD_INTEGRITY_EXCEPTION", f"Owner ID: id value of incorrect type: {owner}", 400, ("OwnerId",))
    found = state.storage.get(target, owner)
    if found is None:
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", 400, ())
    if target.name == "User" and not found["IsActive"]:
        raise _inactive(thing, owner)
    if (owner, thing.name) in state.settings.no_read:
        raise ApiError("TRANSFER_REQUIRES_READ", "The new owner must have read permission", 400, ())
    if target.name == "Group":
        _check_queue(state, thing, found)


def check_owner_before(state: State, thing: SObject, before: Row, by: str, *, transfers: bool) -> None:
    """ApiError where this user may not edit a record whose owner is inactive (Update Records with Inactive Owners)."""
    editors = state.settings.inactive_owner_editors
    if not thing.has("OwnerId") or editors is None or by in editors:
        return
    if transfers and state.settings.transfers_from_inactive_owners:
        return
    owner = str(before["OwnerId"])
    target = state.schema.of_id(owner)
    user = state.storage.get(target, owner) if target is not None and target.name == "User" else None
    if user is not None and not user["IsActive"]:
        raise _inactive(thing, owner)


def _inactive(thing: SObject, owner: str) -> ApiError:
    message = f"operation performed with inactive user [{owner[:15]}] as owner of {thing.name.lower()}"
    return ApiError("INACTIVE_OWNER_OR_USER", message, 400, ())


def _check_queue(state: State, thing: SObject, group: Mapping[str, object]) -> None:
    if group["Type"] != "Queue":
        raise ApiError(
            "FIELD_INTEGRITY_EXCEPTION", f"Owner ID: id value of incorrect type: {group['Id']}", 400, ("OwnerId",)
        )
    links = state.storage.where(state.schema.object("QueueSobject"), QueueId=str(group["Id"]), SobjectType=thing.name)
    if not links:
        raise ApiError("INVALID_OPERATION", "Queue not associated with this SObject type", 400, ("OwnerId",))


def assigned_owner(state: State, thing: SObject, row: Row, rule: str | None = None) -> str | None:
    """The owner an assignment rule gives this record: the active rule's, or `rule`'s; None leaves it as it is.

    A Case without an active rule goes to the default case owner (knowledge article 000395506)."""
    if thing.name not in ASSIGNED:
        return None
    if rule:
        chosen = state.storage.where(state.schema.object("AssignmentRule"), Id=rule)
    else:
        chosen = state.storage.where(state.schema.object("AssignmentRule"), SobjectType=thing.name, Active=1)
    if chosen:
        chooser = state.choosers.get(chosen[0]["Id"])
        return chooser(state.api(thing, row)) if chooser else None
    if thing.name == "Case" and state.settings.reset_case_owner:
        return state.settings.default_case_owner or state.admin_id
    return None
