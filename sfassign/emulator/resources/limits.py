"""`/limits` and `/limits/recordCount`."""

from __future__ import annotations

from ..errors import ApiError, not_found
from ..http import Reply
from .call import Call


def limits(call: Call) -> Reply:
    call.allow("GET", "HEAD")
    viewers = call.org.settings.setup_viewers
    if viewers is not None and call.user not in viewers:
        raise ApiError("INSUFFICIENT_ACCESS", "View Setup and Configuration is needed", 403)
    match call.segments[1:]:
        case ():
            return Reply(200, _limits(call))
        case ("recordCount",):
            return Reply(200, {"sObjects": _counts(call)})
        case _:
            raise not_found()


def _limits(call: Call) -> dict[str, dict[str, int]]:
    daily = call.org.settings.daily_limit
    return {
        "DailyApiRequests": {"Max": daily, "Remaining": max(0, daily - call.org.usage.used())},
        "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
        "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
        "DailyStandardVolumePlatformEvents": {"Max": 25_000, "Remaining": 25_000},
        "DailyWorkflowEmails": {"Max": 100_000, "Remaining": 100_000},
        "DataStorageMB": {"Max": 1024, "Remaining": 1024},
        "FileStorageMB": {"Max": 1024, "Remaining": 1024},
        "SingleEmail": {"Max": 5000, "Remaining": 5000},
    }


def _counts(call: Call) -> list[dict[str, object]]:
    wanted = [one.strip() for one in call.params.get("sObjects", "").split(",") if one.strip()]
    things = [call.thing(name) for name in wanted] or [one for one in call.org.schema.objects.values() if one.queryable]
    return [{"count": call.org.count(one.name), "name": one.name} for one in things]
