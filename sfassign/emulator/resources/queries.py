"""`/query`, `/queryAll` and their pages."""

from __future__ import annotations

import re
from typing import Any

from ..errors import not_found
from ..http import Reply
from ..query.run import Answer
from .call import Call
from .columns import columns
from .explain import explain

MIN_BATCH, MAX_BATCH = 200, 2000
_BATCH = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


def query(call: Call) -> Reply:
    call.allow("GET", "HEAD")
    if len(call.segments) == 2:
        return _page(call.org.queries.page(call.segments[1], call.user, _page_size(call)))
    if "explain" in call.params and len(call.segments) == 1:
        return explain(call, call.params["explain"])
    if "q" not in call.params or len(call.segments) > 2:
        raise not_found()
    if call.params.get("columns", "").lower() == "true":
        return columns(call, call.params["q"])
    runner = call.org.queries
    asker = runner.asker(call.user, everything=call.segments[0] == "queryAll", version=call.version)
    answer = runner.run(call.params["q"], asker, _page_size(call))
    if answer.plan.viewed:
        seen = (str(one["attributes"]["url"]).rsplit("/", 1)[1] for one in answer.records)
        call.org.recent.note(call.user, answer.plan.thing.name, seen)
    return _page(answer)


def _page(answer: Answer) -> Reply:
    body: dict[str, Any] = {"totalSize": answer.total, "done": answer.next_page is None}
    if answer.next_page:
        body["nextRecordsUrl"] = answer.next_page
    return Reply(200, body | {"records": answer.records})


def _page_size(call: Call) -> int:
    settings = call.org.settings
    asked = _BATCH.search(call.headers.get("sforce-query-options", ""))
    wish = int(asked[1]) if asked else settings.page_size
    size = min(max(wish, MIN_BATCH), MAX_BATCH) if asked else wish
    if size != wish and not settings.clamps_batch_size:
        size = settings.page_size
    return max(1, size - settings.page_shrink)
