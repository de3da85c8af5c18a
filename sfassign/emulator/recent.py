"""Which records each user looked at last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

KEPT = 200


@dataclass(slots=True)
class Recent:
    """Object and Id of records, by the user who viewed them; the last one is the latest."""

    viewed: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, user: str, sobject: str, record_ids: Iterable[str]) -> None:
        mine = self.viewed[user]
        for one in record_ids:
            mine.pop(one, None)
            mine[one] = sobject
        for oldest in list(mine)[:-KEPT]:
            del mine[oldest]

    def latest(self, user: str, sobject: str | None = None) -> list[tuple[str, str]]:
        """Object and Id, the latest first."""
        found = reversed(self.viewed[user].items())
        return [(kind, one) for one, kind in found if sobject is None or kind == sobject]
