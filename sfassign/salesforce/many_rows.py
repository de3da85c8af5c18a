"""All rows of an object that has very many of them: a Bulk API 2.0 query job, else page after page. Used by `org`.

1. Make the job, and ask for its state until it is complete, with growing pauses on the given clock.
2. Read its results page by page of CSV; the last page's `Sforce-Locator` is the word null.
3. Delete the job.
A job the org refuses, aborts, fails or does not finish in time is no reason to stop: the rows then come by keyset
pages, a call per 2,000, and `Portions.unfit` says why. Source: Bulk API 2.0 and Bulk API Developer Guide.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import structlog
from simple_salesforce.api import Salesforce
from simple_salesforce.util import exception_handler

from sfassign.errors import OrgRefused, OrgUnreachable
from sfassign.ports import Clock, ObjectRead, Portions, Row, Unreadable
from sfassign.salesforce import csv_rows, queries, rows
from sfassign.salesforce.asking import MOST_PAGES, Asker, required
from sfassign.salesforce.connection import Connection
from sfassign.salesforce.failures import Undetermined

FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 60.0
PATIENCE_SECONDS = 480.0
"""A job that is not complete by then is given up: nothing else happens meanwhile, and there is another way."""

ROWS_PER_PAGE = 50_000
"""A page is in memory as a whole: some 20 MB of CSV."""
ROWS_PER_PORTION = 5_000
ROWS_PER_KEYSET_PAGE = 2_000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _ResultPage:
    text: str
    count: int
    locator: str | None


class ManyRows:
    """Reads by jobs for `SalesforceOrg`."""

    def __init__(self, connection: Connection, clock: Clock, asker: Asker) -> None:
        self._connection, self._clock, self._asker = connection, clock, asker

    def portions(self, read: ObjectRead, types: Mapping[str, str]) -> Portions:
        """The rows an ObjectRead asks for, and the org's clock when the reading began. May raise an OrgError, also
        while the rows are taken."""
        began = self._clock.now()
        job = self._complete_job(read, types)
        if isinstance(job, Unreadable):
            at, first = self._keyset_page(read, None)
            return Portions(at, self._pages(read, first), job)
        return Portions(self._asker.org_time(began), self._by_job(job, read, types))

    # the job

    def _complete_job(self, read: ObjectRead, types: Mapping[str, str]) -> str | Unreadable:
        """The key of a job that is complete, or why there is none."""
        untyped = [field for field in read.fields if field.lower() not in types]
        if untyped:
            return Unreadable("UNKNOWN_TYPE", f"describe does not tell the type of {read.object}.{untyped[0]}")
        key: str | None = None
        try:
            key = self._make(read)
            self._await(key)
        except (OrgRefused, OrgUnreachable) as error:
            if key is not None:
                self._forget(key)
            return Unreadable.of(error)
        return key

    def _make(self, read: ObjectRead) -> str:
        body = {"operation": "query", "query": queries.for_job(read)}
        made = self._asker.get(lambda client: client.restful("jobs/query", method="POST", json=body))
        key = made.get("id") if isinstance(made, Mapping) else None
        if not isinstance(key, str):
            raise rows.unexpected("a job was made and has no Id")
        return queries.plain_id(key)

    def _await(self, key: str) -> None:
        """Raises OrgRefused where the job ends otherwise than complete, or not in time."""
        pause, waited = FIRST_PAUSE_SECONDS, 0.0
        while waited < PATIENCE_SECONDS:
            self._clock.sleep(pause)
            waited += pause
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            shown = self._asker.get(lambda client: client.restful(f"jobs/query/{key}"))
            state = shown.get("state") if isinstance(shown, Mapping) else None
            if state == "JobComplete":
                return
            if state in ("Failed", "Aborted"):
                said = shown.get("errorMessage") if isinstance(shown, Mapping) else None
                raise OrgRefused(f"JOB_{state.upper()}", str(said or "the org does not say why"))
        self._asker.get(lambda client: client.restful(f"jobs/query/{key}", method="PATCH", json={"state": "Aborted"}))
        raise OrgRefused("JOB_TOO_SLOW", f"the job was not complete after {waited:g} seconds and was aborted")

    def _forget(self, key: str) -> None:
        """Delete the job. One that stays does no harm: the org drops it after seven days."""
        try:
            self._asker.get(lambda client: client.restful(f"jobs/query/{key}", method="DELETE"))
        except (OrgRefused, OrgUnreachable) as error:
            log.info("a job stays in the org", action="org.job_stays", job=key, reason=str(error))

    # its results

    def _by_job(self, key: str, read: ObjectRead, types: Mapping[str, str]) -> Iterator[tuple[Row, ...]]:
        """All rows of the job. Where the org withholds a page they are all read again the other way."""
        try:
            yield from self._results(key, read, types)
        except OrgRefused as error:
            log.warning(
                "a job's results cannot be read, going on page by page",
                action="org.job_unreadable",
                object=read.object,
                reason=str(error),
            )
        else:
            return
        finally:
            self._forget(key)
        yield from self._pages(read, self._keyset_page(read, None)[1])

    def _results(self, key: str, read: ObjectRead, types: Mapping[str, str]) -> Iterator[tuple[Row, ...]]:
        locator: str | None = None
        for _ in range(MOST_PAGES):
            page = self._page(key, locator)
            yield from csv_rows.portions(page.text, read, types, page.count, ROWS_PER_PORTION)
            locator = page.locator
            if locator is None:
                return
        raise OrgRefused("TOO_MANY_PAGES", f"a job's results go on after {MOST_PAGES:,} pages")

    def _page(self, key: str, locator: str | None) -> _ResultPage:
        params = {"maxRecords": str(ROWS_PER_PAGE)} | ({"locator": locator} if locator is not None else {})
        found = self._asker.get(partial(_fetch, path=f"jobs/query/{key}/results", params=params))
        if not isinstance(found, _ResultPage):
            raise rows.unexpected("a page of a job's results is no CSV")
        return found

    # without a job

    def _pages(self, read: ObjectRead, page: tuple[Row, ...]) -> Iterator[tuple[Row, ...]]:
        """This page and all that follow."""
        while page:
            yield page
            if len(page) < ROWS_PER_KEYSET_PAGE:
                return
            _, page = self._keyset_page(read, page[-1].id)

    def _keyset_page(self, read: ObjectRead, after: str | None) -> tuple[dt.datetime, tuple[Row, ...]]:
        """The next page, and the org's clock when it was asked for."""
        at, outcomes = self._asker.records([queries.keyset(read, after, ROWS_PER_KEYSET_PAGE)])
        return at, tuple(rows.row(read.object, raw) for raw in required(outcomes[0]))


def _fetch(client: Salesforce, *, path: str, params: Mapping[str, str]) -> _ResultPage:
    """simple-salesforce reads JSON only, and drops the headers that tell where the results go on."""
    answer = client.session.request("GET", client.base_url + path, headers=client.headers, params=dict(params))
    if answer.status_code >= 300:
        exception_handler(answer, name=path)
    count, locator = answer.headers.get("Sforce-NumberOfRecords"), answer.headers.get("Sforce-Locator")
    if count is None or locator is None:
        raise Undetermined("a page of a job's results does not say how many rows it has, or where it goes on")
    return _ResultPage(answer.content.decode("utf-8"), int(count), None if locator == "null" else locator)
