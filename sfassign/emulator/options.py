"""Every switch of the local org. What the documentation leaves open is a switch, so that a client can be tried both
ways; the default is the likelier behaviour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Settings:
    """How this org behaves. Change fields at any time; the next request sees them.

    Undocumented in Salesforce, hence switchable: `honours_preconditions` (If-Unmodified-Since works at all),
    `precondition_field` (`LastModifiedDate` or `SystemModstamp`), `precondition_body` (the 412 reply carries an error
    row), `unequal_finds_null` (`!=` and `NOT IN` return rows where the field is null), `nulls_first_descending`
    (ORDER BY … DESC still puts nulls first), `locator_error_status`, `polymorphic_type` (`attributes.type` of an
    owner that may be a queue), `composite_inherits_auto_assign`, `icu_formats` (FORMAT() writes a moment with a comma
    between date and time), `currency_symbol` (what FORMAT() writes for money in an org with one currency),
    `childless_is_null` (a subquery that finds no children shows null, not an empty list), `clamps_batch_size` (a
    batchSize below 200 or above 2,000 means the nearest of them, else it is not heard), `collections_auto_assign`
    (`/composite/sobjects` obeys Sforce-Auto-Assign), `cross_reference_status` (of a lookup to a record the writer may
    not see: 400 or 403), `session_stamp_share` (so much of a session's time must be over before a call makes it last
    longer; 0.5 is half of it), `transfers_from_inactive_owners` (a change of OwnerId to an active owner is no edit of
    a record with an inactive owner). `tests/cycle/test_switches.py` runs our client in either position of each.
    """

    honours_preconditions: bool = True
    precondition_field: str = "LastModifiedDate"
    precondition_body: bool = True
    unequal_finds_null: bool = True
    nulls_first_descending: bool = True
    locator_error_status: int = 400
    polymorphic_type: str = "Name"
    composite_inherits_auto_assign: bool = False
    icu_formats: bool = True
    currency_symbol: str = "$"
    childless_is_null: bool = True
    clamps_batch_size: bool = True
    collections_auto_assign: bool = True
    cross_reference_status: int = 400
    session_stamp_share: float = 0.0
    transfers_from_inactive_owners: bool = True

    whole_second_stamps: bool = False
    """Stamps are cut to whole seconds, as most orgs print them."""
    reset_case_owner: bool = True
    """A Case written without `Sforce-Auto-Assign: FALSE` and without an active rule goes to the default case owner."""
    default_case_owner: str | None = None
    """A user's or queue's Id; None is the administrator."""
    track_history: bool = True
    page_size: int = 2000
    """Rows per query page where the client does not ask for another size."""
    page_shrink: int = 0
    """So many rows fewer per page than asked for: Salesforce treats batchSize as a hint."""
    locator_hours: float = 48.0
    bulk_seconds: float = 0.0
    """How long a Bulk API query job takes, by the org's clock."""
    bulk_failure: str | None = None
    """Query jobs end as Failed, with this errorMessage."""
    session_seconds: int = 7200
    shared_sessions: bool = False
    """A user who logs in again gets the session that is still alive."""
    instance_url: str | None = None
    """Scheme and host at which a login says the org is now, as after a migration; None: the one that was asked. With
    it, an assertion for another host than this one and Salesforce's login hosts has the wrong audience."""
    soap_login: bool = False
    """SOAP's login() works: new orgs have it off until an administrator switches it on."""
    trusted_network: bool = False
    """Requests come from the org's trusted IP ranges: a password needs no security token."""
    login_attempts: int = 10
    """Wrong passwords in a row that lock the user out, for `lockout_minutes`."""
    lockout_minutes: int = 15
    longest_assertion_seconds: int = 300
    """How far ahead the expiry of a signed assertion may lie."""
    api_enabled: bool = True
    """The edition or the user may use the API at all; else 403 API_DISABLED_FOR_ORG."""
    composite_checks_session: bool = False
    """A session that ends during a composite call ends its remaining subrequests too (undocumented)."""
    session_viewers: frozenset[str] | None = None
    """Ids of the users with Manage Users, who see everyone's AuthSession rows (others their own); None: everybody."""
    inactive_owner_editors: frozenset[str] | None = frozenset()
    """Ids of the users with Update Records with Inactive Owners; None: everybody. Others get 400
    INACTIVE_OWNER_OR_USER: it takes an org setting and a permission."""
    private_objects: frozenset[str] = frozenset()
    """Objects of which users see only the records they own, and what hangs on these, as without sharing rules; the
    others are not there for them. The administrator sees all."""
    read_only_objects: frozenset[str] = frozenset()
    """Objects of which users see all records and may change only those they own (the organization-wide default Public
    Read Only), else 403 INSUFFICIENT_ACCESS_OR_READONLY. The administrator may change all."""
    untransferable_objects: frozenset[str] = frozenset()
    """Objects whose records only their owner and the administrator may give to somebody else, as without Transfer
    Record."""
    setup_viewers: frozenset[str] | None = None
    """Ids of the users with View Setup and Configuration, which `/limits` needs; None: everybody."""
    read_only_records: frozenset[tuple[str, str]] = frozenset()
    """Pairs of a record's and a user's Id: single records this user sees and may not change, refused likewise."""
    no_read: frozenset[tuple[str, str]] = frozenset()
    """Pairs of a user's Id and an object's name: users without Read on the object. As new owners they are refused,
    TRANSFER_REQUIRES_READ; for callers without the object there is `LocalOrg.hide_object`."""
    daily_limit: int = 100_000
    """API requests per rolling 24 hours, then 403 REQUEST_LIMIT_EXCEEDED."""
    limit_excess_calls: int = 0
    """Requests other integrations of the org have used of the daily limit."""
    concurrent_limit: int = 25
    """Requests that may run for 20 seconds and longer at once (5 in a trial org), then 403 REQUEST_LIMIT_EXCEEDED."""
    long_requests: int = 0
    """So many of them are running for other integrations of the org."""
    freezing_ends_sessions: bool = True
    """A user who is frozen loses the sessions that are alive, as one who is deactivated does (undocumented)."""
    week_starts: int = 6
    """First day of the week, 0 is Monday; 6, Sunday, is the en_US locale's."""
    notification_senders: frozenset[str] | None = None
    """Ids of the users with Send Custom Notifications; None: everybody."""
    compress_above_bytes: int = 1024
    """Replies longer than this are compressed for clients that accept gzip."""
