"""Milestones of Cases as they cross between the org, the cycle and the memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

MILESTONES = "CaseMilestone"
"""The object of milestones; the store keeps the org's clock at its last reading under this name."""


@dataclass(frozen=True, slots=True)
class MilestoneRead:
    """Milestones of Cases: the open ones of `cases` where any are named, else every one that changed since then."""

    since: dt.datetime | None = None
    cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    id: str
    case: str
    target_at: dt.datetime
    is_open: bool


class MilestoneMemory(Protocol):
    """The open milestones of the Cases that are followed: those that wait, or might wait in another tier. One method
    is one transaction."""

    def since(self) -> dt.datetime | None:
        """Up to when the milestones of every followed Case are known, by the org's clock; None: none is followed."""
        ...

    def unfollowed(self, cases: Iterable[str]) -> tuple[str, ...]:
        """Of these Cases and of those in the line, the ones that are not followed."""
        ...

    def followed(self) -> frozenset[str]: ...

    def follow(self, cases: Sequence[str], rows: Sequence[MilestoneRow], at: dt.datetime) -> None:
        """From now on these Cases are followed; `rows` are all their open milestones as read at `at`."""
        ...

    def change(self, rows: Sequence[MilestoneRow], at: dt.datetime) -> None:
        """Milestones that changed up to `at`, in the order of their changes, of followed Cases or others."""
        ...

    def unfollow(self, cases: Iterable[str] | None = None) -> None:
        """Forget these Cases; None: all."""
        ...

    def targets(self, cases: Iterable[str]) -> Mapping[str, dt.datetime]:
        """The earliest open target date of each of these Cases that has one."""
        ...
