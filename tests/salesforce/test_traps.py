"""The traps of Salesforce's API, one by one: the numbers are those of the project's API notes, section 11.

Every trap has a test whose name says it, here or where its subject is tested; the table names it, and the last test
checks that every test named does exist.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import responses

from sfassign.core.refusals import Kind, classify
from sfassign.errors import ApiLimitReached, OrgRefused
from sfassign.policy import against_org, type_policy
from sfassign.ports import Answer, ObjectRead, OwnerChange, PollRequest
from sfassign.salesforce import AccessToken, SalesforceOrg
from sfassign.salesforce.failures import refusal_of
from sfassign.salesforce.rows import instant
from tests.salesforce.acme import LEADS, READS, Acme, changes_of, read
from tests.salesforce.answers import ALICE, LEAD, NOON, composite, lead, page
from tests.salesforce.conftest import Answering

TRAPS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "assignment rules run unless every write refuses them, also after a renewed session",
        (
            "salesforce/test_sessions_with_the_local_org.py::"
            "test_a_session_that_ends_before_a_write_is_renewed_and_every_guard_kept",
            "salesforce/test_sessions_that_end.py::test_guards_hold_in_the_second_half_of_such_a_call",
        ),
    ),
    2: (
        "a session refused for ever makes the library log in without end",
        (
            "salesforce/test_four_logins.py::test_an_org_that_refuses_every_session_ends_it_after_one_renewal",
            "cycle/test_logins.py::test_an_org_that_refuses_every_session_ends_a_cycle_with_1_after_one_renewal",
        ),
    ),
    3: (
        "the library has no time-outs",
        (
            "salesforce/test_transport.py::test_every_request_has_a_time_out_and_our_headers",
            "salesforce/test_network.py::test_a_host_that_never_answers_is_given_up",
        ),
    ),
    4: (
        "a kept connection is gone when it is used again",
        ("salesforce/test_traps.py::test_a_dropped_connection_costs_a_read_one_more_try_and_a_write_a_look",),
    ),
    5: (
        "clients are not safe to share between threads",
        (
            "salesforce/test_sessions_with_the_local_org.py::"
            "test_threads_that_find_the_session_ended_at_once_log_in_once",
        ),
    ),
    6: (
        "the library's login host cannot be told",
        ("salesforce/test_four_logins.py::test_each_login_reads_the_org_and_knows_who_we_are",),
    ),
    7: (
        "the library has a version of its own",
        ("salesforce/test_traps.py::test_every_request_names_the_version_that_was_set",),
    ),
    8: (
        "the count of requests is lost with throw-away clients",
        ("salesforce/test_transport.py::test_requests_are_counted_and_the_orgs_own_count_is_kept",),
    ),
    9: (
        "pages are smaller than asked for",
        ("salesforce/test_reading_the_local_org.py::test_every_page_is_read_whatever_its_size",),
    ),
    10: (
        "the library ignores proxies with a session of one's own",
        ("salesforce/test_transport.py::test_the_proxy_is_for_the_org_and_not_for_this_machine",),
    ),
    11: (
        "times without a zone, and zones other than UTC",
        ("salesforce/test_traps.py::test_instants_are_sent_in_utc_whatever_zone_they_came_in",),
    ),
    12: (
        "the org writes +0000 without a colon",
        ("salesforce/test_traps.py::test_every_way_the_org_writes_an_instant_is_understood",),
    ),
    13: (
        "rows come in any order, and two may have the same stamp",
        (
            "salesforce/test_reading.py::test_a_poll_asks_for_what_changed_oldest_first",
            "salesforce/test_traps.py::test_records_changed_in_the_same_instant_are_all_read_across_pages",
        ),
    ),
    14: (
        "an empty IN list is an error, and a long one too long for a URL",
        (
            "salesforce/test_reading.py::test_no_ids_are_no_question",
            "salesforce/test_reading.py::test_records_by_id_come_in_queries_that_fit",
        ),
    ),
    15: (
        "Ids have 15 or 18 characters",
        ("salesforce/test_traps.py::test_an_id_of_15_characters_is_the_record_of_18",),
    ),
    16: (
        "there is no record without an owner",
        ("salesforce/test_traps.py::test_no_write_ever_takes_the_owner_away",),
    ),
    17: (
        "a queue owns only objects it is set up for",
        ("salesforce/test_traps.py::test_a_queue_that_is_not_for_the_object_is_the_queues_trouble_not_the_items",),
    ),
    18: (
        "an opportunity never belongs to a queue, and its owner has no Type",
        (
            "salesforce/test_traps.py::test_an_opportunity_cannot_be_given_to_a_queue",
            "salesforce/test_traps.py::test_the_owners_type_of_an_opportunity_is_refused_before_anything_runs",
        ),
    ),
    19: (
        "inactive is not the same as frozen",
        (
            "core/test_gates.py::test_an_inactive_or_frozen_user_gets_nothing",
            "salesforce/test_writing_the_local_org.py::test_an_owner_who_left_is_refused_by_name",
        ),
    ),
    20: (
        "collections call the code statusCode, and answer 200 for failures",
        ("salesforce/test_traps.py::test_a_code_is_found_under_either_name_and_collections_are_never_used",),
    ),
    21: (
        "allOrNone shows success for what was rolled back",
        ("salesforce/test_traps.py::test_one_failure_never_undoes_another_items_write",),
    ),
    22: (
        "an automation takes the record right after a successful write",
        (
            "salesforce/test_writing_the_local_org.py::"
            "test_an_automation_that_re_owns_right_after_us_is_seen_in_the_read_back",
        ),
    ),
    23: (
        "a validation rule about another field keeps the owner from being written",
        (
            "cycle/test_safety.py::test_one_refused_record_fails_alone",
            "cycle/test_safety.py::test_a_refused_record_is_tried_again_when_it_changes_or_after_an_hour",
        ),
    ),
    24: (
        "records of one account lock one another out",
        ("salesforce/test_traps.py::test_a_locked_account_delays_its_own_records_only_and_soon_again",),
    ),
    25: (
        "a missing right looks like a missing field or an empty table",
        (
            "salesforce/test_reading_the_local_org.py::test_describe_tells_what_a_user_may_see",
            "policy/test_policy_against_org.py::test_a_field_the_org_does_not_have_is_told_at_its_place",
            "processes/test_logins.py::test_check_tells_of_records_that_this_user_may_not_see",
        ),
    ),
    26: (
        "without the right, sessions of others are silently missing",
        ("cycle/test_org_records.py::test_not_one_visible_session_looks_like_a_missing_right_and_says_so",),
    ),
    27: (
        "tasks and events cannot be asked for in a semi-join",
        ("salesforce/test_traps.py::test_no_condition_may_ask_another_object",),
    ),
    28: (
        "a case has no LastActivityDate",
        ("salesforce/test_traps.py::test_a_case_has_no_last_activity_and_a_policy_that_asks_for_it_is_refused",),
    ),
    29: (
        "processes of one user share a session, and a logout ends it for all",
        ("salesforce/test_traps.py::test_a_client_that_ends_leaves_the_shared_session_to_the_others",),
    ),
    30: (
        "during a release the org is read only",
        ("cycle/test_traps_of_writing.py::test_a_read_only_org_is_read_on_and_written_to_when_it_is_over",),
    ),
    31: (
        "a lock is hidden in an automation's failure",
        ("salesforce/test_refusals.py::test_a_lock_hidden_in_an_automations_failure_is_tried_again_soon",),
    ),
    32: (
        "messages are translated to the user's language",
        ("salesforce/test_traps.py::test_an_org_that_speaks_german_is_understood_by_its_codes",),
    ),
    33: (
        "person accounts, currencies and state lists change the fields an object has",
        ("salesforce/test_traps.py::test_fields_of_this_org_alone_are_known_by_describe",),
    ),
    34: (
        "a lead that was converted or merged is gone",
        (
            "salesforce/test_traps.py::test_a_converted_lead_is_gone_and_not_tried_again",
            "cycle/test_safety.py::test_a_deleted_lead_is_lost_once_and_then_forgotten",
        ),
    ),
    35: (
        "this machine's clock is not the org's",
        (
            "salesforce/test_server_clock.py::test_the_orgs_time_is_never_guessed_later_than_it_is",
            "salesforce/test_four_logins.py::test_a_machine_whose_clock_is_wrong_signs_by_the_orgs",
        ),
    ),
    36: (
        "some say that REST runs no assignment rules unless asked; it does",
        ("salesforce/test_writing_the_local_org.py::test_owners_are_written_and_nothing_else_decides_who_they_are",),
    ),
}


def test_a_dropped_connection_costs_a_read_one_more_try_and_a_write_a_look(acme: Acme) -> None:
    acme.leads(1)
    org = acme.connect()
    read(org)
    acme.local.faults.fail(path="composite", drop=True)
    rows = read(org)
    assert (len(rows), len(acme.clock.slept)) == (1, 1)
    acme.local.faults.fail(path="composite", drop=True)
    [result] = org.write(changes_of(rows, acme.alice), READS)
    assert (result.answer, acme.owner(rows[0].id)) == (Answer.UNKNOWN, acme.queue)
    assert read(org)[0].owner == acme.queue


def test_every_request_names_the_version_that_was_set(acme: Acme) -> None:
    acme.leads(1)
    acme.local.settings.page_size = 1
    org = SalesforceOrg(
        AccessToken(acme.url, acme.local.issue_token(acme.robot)),
        acme.clock,
        api_version="57.0",
        ca_bundle=acme.ca_bundle,
    )
    if acme.ca_bundle is None:
        org.transport.mount("https://", acme.connect().transport.get_adapter("https://acme.my.salesforce.com"))
    acme.opened.append(org)
    org.write(changes_of(read(org), acme.alice), READS)
    org.describe("Lead")
    asked = [entry for entry in acme.local.log if "/services/data/" in entry.path]
    paths = [path for entry in asked for path in (entry.path, *(inner.path for inner in entry.subrequests))]
    assert len(paths) >= 5
    assert [path for path in paths if not path.startswith("/services/data/v57.0/")] == []


def test_instants_are_sent_in_utc_whatever_zone_they_came_in(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering
) -> None:
    india = dt.timezone(dt.timedelta(hours=5, minutes=30))
    answer(json=composite(q0=(200, page())))
    org.poll(PollRequest((ObjectRead("Lead", (), since=NOON.astimezone(india)),)))
    assert "2026-11-23T12%3A00%3A00Z" in _sent(http, 0)[0]["url"]
    answer(json=composite(e1=(204, None), r0=(200, page(lead()))))
    org.write([OwnerChange(1, "Lead", LEAD, ALICE, NOON.astimezone(india))], {"Lead": ObjectRead("Lead", ())})
    assert _sent(http, 1)[0]["httpHeaders"]["If-Unmodified-Since"] == "Mon, 23 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T12:00:00.000+0000",
        "2026-11-23T12:00:00+0000",
        "2026-11-23T12:00:00.000Z",
        "2026-11-23T17:30:00.000+0530",
        "2026-11-23T12:00:00.000+00:00",
    ],
)
def test_every_way_the_org_writes_an_instant_is_understood(text: str) -> None:
    assert instant(text, "CreatedDate") == NOON


@pytest.mark.parametrize("text", ["2026-11-23T12:00:00", "2026-11-23", "", None, 0])
def test_an_instant_without_a_zone_is_no_instant(text: object) -> None:
    with pytest.raises(OrgRefused, match="CreatedDate"):
        instant(text, "CreatedDate")


def test_records_changed_in_the_same_instant_are_all_read_across_pages(acme: Acme) -> None:
    acme.local.settings.page_size = 200
    ids = acme.leads(401)
    assert [row.id for row in read(acme.connect())] == sorted(ids)


def test_an_id_of_15_characters_is_the_record_of_18(acme: Acme) -> None:
    [lead_id] = acme.leads(1)
    _, rows = acme.connect().fetch(LEADS, [lead_id[:15]])
    assert [row.id for row in rows] == [lead_id]


def test_no_write_ever_takes_the_owner_away(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering
) -> None:
    answer(json=composite(n1=(204, None), r0=(200, page(lead()))))
    org.write([OwnerChange(-1, "Lead", LEAD, None, NOON, {"Rating": None})], {"Lead": ObjectRead("Lead", ())})
    assert _sent(http, 0)[0]["body"] == {"Rating": None}


def test_a_queue_that_is_not_for_the_object_is_the_queues_trouble_not_the_items(acme: Acme) -> None:
    other = acme.local.add_queue("Orders", ["Order"] if acme.local.schema.find("Order") else ["Case"])
    acme.leads(1)
    org = acme.connect()
    [result] = org.write(changes_of(read(org), other), READS)
    assert (result.answer, result.code) == (Answer.REFUSED, "INVALID_OPERATION")
    assert classify(result.code, result.message, other) is Kind.OWNER


def test_an_opportunity_cannot_be_given_to_a_queue(acme: Acme) -> None:
    deal = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-12-01", "OwnerId": acme.bob}
    acme.local.insert("Opportunity", deal)
    org = acme.connect()
    rows = org.poll(PollRequest((READS["Opportunity"],))).rows[0]
    [result] = org.write(changes_of(rows, acme.queue), READS)
    assert result.answer is Answer.REFUSED
    assert classify(result.code, result.message, acme.queue) is Kind.OWNER


def test_the_owners_type_of_an_opportunity_is_refused_before_anything_runs(acme: Acme) -> None:
    assert _found(acme.connect(), "Lead", "Owner.Type = 'Queue'") == []
    (told,) = _found(acme.connect(), "Opportunity", "Owner.Type = 'User'")
    assert "User has no field 'Type'" in told


def test_a_code_is_found_under_either_name_and_collections_are_never_used(acme: Acme) -> None:
    for key in ("errorCode", "statusCode"):
        refusal = refusal_of(400, [{key: "MALFORMED_ID", "message": "id"}])
        assert refusal is not None
        assert refusal.code == "MALFORMED_ID"
    acme.leads(30)
    org = acme.connect()
    rows = read(org)
    for batch in org.batches(changes_of(rows, acme.alice)):
        org.write(batch, READS)
    assert acme.asked("composite/sobjects") == 0


def test_one_failure_never_undoes_another_items_write(acme: Acme) -> None:
    first, second, third = acme.leads(3)
    acme.local.faults.refuse(second, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Enter a phone number")
    org = acme.connect()
    rows = sorted(read(org), key=lambda row: row.id)
    answers = [result.answer for result in org.write(changes_of(tuple(rows), acme.alice), READS)]
    assert answers == [Answer.ACCEPTED, Answer.REFUSED, Answer.ACCEPTED]
    assert [acme.owner(one) for one in (first, second, third)] == [acme.alice, acme.queue, acme.alice]


def test_a_locked_account_delays_its_own_records_only_and_soon_again(acme: Acme) -> None:
    """Parts of a composite that carry headers run one after the other, so two of ours never wait for one another."""
    first, locked, third = acme.leads(3)
    busy = "unable to obtain exclusive access to this record or 1 records: 001000000000001AAA"
    acme.local.faults.refuse(locked, "UNABLE_TO_LOCK_ROW", busy)
    org = acme.connect()
    rows = sorted(read(org), key=lambda row: row.id)
    results = org.write(changes_of(tuple(rows), acme.alice), READS)
    assert [result.answer for result in results] == [Answer.ACCEPTED, Answer.REFUSED, Answer.ACCEPTED]
    assert classify(results[1].code, results[1].message, acme.alice) is Kind.ITEM_SOON
    assert (acme.owner(first), acme.owner(third)) == (acme.alice, acme.alice)


def test_no_condition_may_ask_another_object() -> None:
    with pytest.raises(Exception, match=r"asks another object \(a semi-join\), which a policy cannot"):
        _policy("Lead", "Id IN (SELECT WhoId FROM Task)")


def test_a_case_has_no_last_activity_and_a_policy_that_asks_for_it_is_refused(acme: Acme) -> None:
    assert _found(acme.connect(), "Lead", "LastActivityDate = null") == []
    (told,) = _found(acme.connect(), "Case", "LastActivityDate = null")
    assert "Case has no field 'LastActivityDate'" in told


def test_a_client_that_ends_leaves_the_shared_session_to_the_others(acme: Acme) -> None:
    acme.local.settings.shared_sessions = True
    acme.leads(1)
    one, other = acme.bearer(), acme.bearer()
    read(one)
    read(other)
    one.transport.close()
    assert len(read(other)) == 1
    assert (acme.asked("revoke"), acme.asked("logout"), acme.asked("secur")) == (0, 0, 0)


GERMAN = {
    ("INVALID_OPERATION", "Die Warteschlange ist diesem SObject-Typ nicht zugeordnet"): Kind.OWNER,
    ("FIELD_INTEGRITY_EXCEPTION", "Inhaber-ID: ID-Wert eines falschen Typs"): Kind.OWNER,
    ("INACTIVE_OWNER_OR_USER", "Vorgang mit inaktivem Benutzer ausgeführt"): Kind.OWNER,
    ("UNABLE_TO_LOCK_ROW", "Exklusiver Zugriff auf diesen Datensatz ist nicht möglich"): Kind.ITEM_SOON,
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Bitte eine Telefonnummer eingeben (queue)"): Kind.ITEM,
    ("ENTITY_IS_DELETED", "Der Eintrag wurde gelöscht"): Kind.GONE,
    ("REQUEST_LIMIT_EXCEEDED", "Die Grenze ist überschritten"): Kind.STOP,
}


def test_an_org_that_speaks_german_is_understood_by_its_codes(acme: Acme) -> None:
    for (code, message), kind in GERMAN.items():
        assert classify(code, message, acme.queue) is kind, message
    org = acme.bearer()
    read(org)
    message = "Die Sitzung ist abgelaufen oder ungültig"
    acme.local.faults.fail(path="composite", status=401, code="INVALID_SESSION_ID", message=message)
    assert read(org) == ()
    acme.local.faults.fail(path="composite", status=403, code="REQUEST_LIMIT_EXCEEDED", message="Grenze überschritten")
    with pytest.raises(ApiLimitReached):
        read(org)


def test_a_record_under_approval_is_no_fault_of_the_queue_it_was_to_go_to(acme: Acme) -> None:
    text = "the record is locked by an approval process"
    assert classify("INVALID_OPERATION", text, acme.queue) is Kind.ITEM
    assert classify("INVALID_OPERATION", "gesperrt", acme.alice) is Kind.ITEM


def test_fields_of_this_org_alone_are_known_by_describe(acme: Acme) -> None:
    acme.local.add_field("Lead", "CurrencyIsoCode", "picklist", values=("EUR", "GBP"), restricted=True)
    shape = acme.connect().describe("Lead")
    assert shape is not None
    assert shape.fields["currencyisocode"].values == ("EUR", "GBP")
    assert _found(acme.connect(), "Lead", "CurrencyIsoCode = 'EUR'") == []
    acme.local.hide_field("Lead", "CurrencyIsoCode")
    assert "Lead has no field 'CurrencyIsoCode'" in _found(acme.connect(), "Lead", "CurrencyIsoCode = 'EUR'")[0]


def test_a_converted_lead_is_gone_and_not_tried_again(acme: Acme) -> None:
    [lead_id] = acme.leads(1)
    org = acme.connect()
    rows = read(org)
    acme.local.convert_lead(lead_id, by=acme.bob)
    [result] = org.write(changes_of(rows, acme.alice), READS)
    changed = result.answer is Answer.CHANGED_SINCE
    assert changed or classify(result.code, result.message, acme.alice) is Kind.GONE
    assert acme.owner(lead_id) != acme.alice


def _sent(http: responses.RequestsMock, call: int) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = json.loads(http.calls[call].request.body or "")["compositeRequest"]
    return parts


def _policy(name: str, source: str) -> Any:
    return type_policy(_text(name, source), "policy.yaml")


def _text(name: str, source: str) -> str:
    return (
        f'version: 1\ngroups:\n  - name: One\n    object: {name}\n    source: "{source}"\n'
        "    members: \"Department = 'Sales'\"\n"
    )


def _found(org: SalesforceOrg, name: str, source: str) -> list[str]:
    """What of such a policy the org does not have."""
    found = against_org(_policy(name, source), org.describe, "policy.yaml", _text(name, source))
    return [str(one) for one in found]


def test_every_trap_has_a_test_that_exists() -> None:
    tests = Path(__file__).parents[1]
    assert sorted(TRAPS) == list(range(1, 37))
    named = [name for _, names in TRAPS.values() for name in names]
    assert named
    for name in named:
        file, _, test = name.partition("::")
        assert f"\ndef {test}(" in (tests / file).read_text(encoding="utf-8"), name
