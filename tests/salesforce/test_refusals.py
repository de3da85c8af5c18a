from __future__ import annotations

import pytest

from sfassign.core.refusals import Kind, classify


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("TOO_MANY_APEX_REQUESTS", "", Kind.TRANSIENT),
        ("SERVER_UNAVAILABLE", "", Kind.TRANSIENT),
        ("HTTP_503", "", Kind.TRANSIENT),
        ("HTTP_420", "", Kind.TRANSIENT),
        ("HTTP_400", "", Kind.ITEM),
        ("INACTIVE_OWNER_OR_USER", "operation performed with inactive user [005…] as owner of case", Kind.OWNER),
        ("TRANSFER_REQUIRES_READ", "", Kind.OWNER),
        ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", Kind.OWNER),
        ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", Kind.ITEM_SOON),
        ("RECORD_IN_USE_BY_WORKFLOW", "", Kind.ITEM_SOON),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Enter a phone number", Kind.ITEM),
        ("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", Kind.ITEM),
        ("ENTITY_IS_LOCKED", "", Kind.ITEM),
        ("DUPLICATES_DETECTED", "Use one of these records?", Kind.ITEM),
        ("ENTITY_IS_DELETED", "entity is deleted", Kind.GONE),
        ("CANNOT_UPDATE_CONVERTED_LEAD", "", Kind.GONE),
        ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", Kind.STOP),
        ("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", "", Kind.STOP),
        ("A_CODE_OF_NEXT_SUMMER", "", Kind.ITEM),
        (None, None, Kind.ITEM),
    ],
)
def test_the_orgs_code_says_what_is_done_next(code: str | None, message: str | None, kind: Kind) -> None:
    assert classify(code, message) is kind


BY_WHAT_IS_DONE = {
    Kind.TRANSIENT: "TOO_MANY_APEX_REQUESTS SERVER_UNAVAILABLE UNKNOWN_EXCEPTION TEMPORARY_QUERY_MORE_FAILURE"
    " HTTP_408 HTTP_420 HTTP_429 HTTP_500 HTTP_502 HTTP_503 HTTP_504",
    Kind.OWNER: "INACTIVE_OWNER_OR_USER TRANSFER_REQUIRES_READ INVALID_CROSS_REFERENCE_KEY MALFORMED_ID",
    Kind.ITEM_SOON: "UNABLE_TO_LOCK_ROW RECORD_IN_USE_BY_WORKFLOW PROCESSING_HALTED BATCH_PROCESSING_HALTED"
    " ALL_OR_NONE_OPERATION_ROLLED_BACK",
    Kind.STOP: "REQUEST_LIMIT_EXCEEDED API_DISABLED_FOR_ORG API_CURRENTLY_DISABLED INVALID_SESSION_ID ORG_LOCKED"
    " FUNCTIONALITY_TEMPORARILY_UNAVAILABLE INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"
    " INVALID_OPERATION_WITH_EXPIRED_PASSWORD UNSUPPORTED_API_VERSION",
    Kind.GONE: "ENTITY_IS_DELETED NOT_FOUND CANNOT_UPDATE_CONVERTED_LEAD",
    Kind.ITEM: "INSUFFICIENT_ACCESS_OR_READONLY INSUFFICIENT_ACCESS INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
    " FIELD_CUSTOM_VALIDATION_EXCEPTION FIELD_FILTER_VALIDATION_EXCEPTION FIELD_INTEGRITY_EXCEPTION INVALID_OPERATION"
    " CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY CANNOT_EXECUTE_FLOW_TRIGGER ENTITY_IS_LOCKED DUPLICATES_DETECTED"
    " REQUIRED_FIELD_MISSING STRING_TOO_LONG INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST NUMBER_OUTSIDE_VALID_RANGE"
    " INVALID_FIELD_FOR_INSERT_UPDATE INVALID_FIELD INVALID_TYPE INVALID_ID_FIELD INVALID_EMPTY_KEY_OWNER"
    " MALFORMED_QUERY QUERY_TIMEOUT QUERY_TOO_COMPLICATED OPERATION_TOO_LARGE STORAGE_LIMIT_EXCEEDED"
    " JSON_PARSER_ERROR EXCEEDED_ID_LIMIT INVALID_REPLICATION_DATE INVALID_QUERY_LOCATOR",
}
"""Every code the documentation names for what we send, by what is done about it."""


@pytest.mark.parametrize(
    ("code", "kind"), [(code, kind) for kind, codes in BY_WHAT_IS_DONE.items() for code in codes.split()]
)
def test_every_documented_code_has_its_remedy(code: str, kind: Kind) -> None:
    assert classify(code, "") is kind


@pytest.mark.parametrize("code", ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER"])
def test_a_lock_hidden_in_an_automations_failure_is_tried_again_soon(code: str) -> None:
    text = "CaseTrigger: execution of AfterUpdate\n\ncaused by: System.DmlException: UNABLE_TO_LOCK_ROW, unable to …"
    assert classify(code, text) is Kind.ITEM_SOON
    assert classify(code, "CaseTrigger: execution of AfterUpdate\n\ncaused by: NullPointerException") is Kind.ITEM


def test_too_many_long_requests_at_once_do_not_pause_the_day() -> None:
    text = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    assert classify("REQUEST_LIMIT_EXCEEDED", text) is Kind.TRANSIENT


@pytest.mark.parametrize(
    ("code", "about_owner", "about_item"),
    [
        ("INVALID_OPERATION", "Queue not associated with this SObject type", "the record is locked by an approval"),
        (
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            "insufficient access rights on cross-reference id: 005000000000001AAA",
            "insufficient access rights on cross-reference id: 012000000000001AAA",
        ),
        (
            "FIELD_INTEGRITY_EXCEPTION",
            "Owner ID: id value of incorrect type: 00G000000000001EAA",
            "There's a problem with this state, even though it may appear correct.",
        ),
    ],
)
def test_a_code_of_two_meanings_is_told_apart(code: str, about_owner: str, about_item: str) -> None:
    assert classify(code, about_owner) is Kind.OWNER
    assert classify(code, about_item) is Kind.ITEM


OLD_OWNER, NEW_OWNER = "005000000000001", "005000000000002AAA"
NAMING = [
    ("INACTIVE_OWNER_OR_USER", "operation performed with inactive user [{}] as owner of lead"),
    ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights on cross-reference id: {}"),
    ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id: {}"),
]


@pytest.mark.parametrize(("code", "words"), NAMING)
def test_a_message_that_names_another_user_than_the_one_written_is_about_the_record(code: str, words: str) -> None:
    """Editing what an inactive user owns is refused with the code of an inactive new owner."""
    assert classify(code, words.format(OLD_OWNER), NEW_OWNER) is Kind.ITEM
    assert classify(code, words.format(NEW_OWNER[:15]), NEW_OWNER) is Kind.OWNER
    assert classify(code, words.format(NEW_OWNER), NEW_OWNER[:15]) is Kind.OWNER


def test_a_record_locked_by_an_approval_of_a_queue_is_not_about_the_owner() -> None:
    assert classify("INVALID_OPERATION", "This record is locked by queue approval") is Kind.ITEM
