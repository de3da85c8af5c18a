"""What members took out of the line by hand: found out, told, and given back where the group wants that.

The cycle asks once per round, after it has gathered. The changes themselves were seen while the rows were absorbed;
the owner history is read only for those that the record itself does not explain, once for each. The rules stand in
`core.picking`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from sfassign.core.decision import Assign
from sfassign.core.journal import RETURN
from sfassign.core.membership import membership
from sfassign.core.model import Member, Snapshot, Why, WorkItem
from sfassign.core.picking import How, OwnerStep, Pick, PickState, first_state, is_over, is_suspect, made_by
from sfassign.core.policy import Policy
from sfassign.letters import Letter, settled_second
from sfassign.outcome import CherryPicked
from sfassign.ports import Org, Store, Unreadable
from sfassign.rework import sent_to

TOLD = "history_told:"
"""The fact that somebody was told that the history of an object does not say who changed owners: told once."""

_KNOWN_BY = {How.LAST_MODIFIED: "last modified by them", How.HISTORY: "by the owner history"}


class Picker:
    """Looks after the picks of one cycle. May raise an OrgError: the history is read from the org."""

    def __init__(self, org: Org, store: Store, policy: Policy, snapshot: Snapshot) -> None:
        self._org, self._store, self._snapshot = org, store, snapshot
        self._policy = policy
        self._modes = {group.name: group.cherry_picking for group in policy.enabled_groups}
        self._usernames = {member.id: member.username for member in snapshot.members}
        self._shown: list[Pick] = []
        self.notices: list[str] = []

    def look(self) -> tuple[Letter, ...]:
        """Judge what is new, and pack what is to be given back now."""
        picks = self._store.open_picks(self._snapshot.taken_at)
        if not picks:
            return ()
        judged = self._judge(picks)
        due = [pick for pick in judged if pick.state is PickState.RETURNING and self._is_due(pick)]
        was = {pick.number: pick.state for pick in picks}
        self._shown = [pick for pick in judged if pick in due or was[pick.number] is not pick.state]
        return tuple(Letter(self._give_back(pick)) for pick in due)

    def lines(self) -> tuple[CherryPicked, ...]:
        """The picks that were found out, given back or given up in this cycle, as they stand at its end."""
        if not self._shown:
            return ()
        states = self._store.pick_states([pick.number for pick in self._shown])
        return tuple(self._line(pick, states.get(pick.number, pick.state)) for pick in self._shown)

    # --- who made the change ------------------------------------------------------------------------------------------

    def _judge(self, picks: Sequence[Pick]) -> list[Pick]:
        known = self._known([pick for pick in picks if pick.state is PickState.SEEN])
        waiting = [pick for pick in picks if pick.state is PickState.RETURNING]
        given_up = [replace(pick, state=PickState.KEPT) for pick in waiting if self._is_over(pick)]
        nothing = {pick.number for pick in picks if pick.state is PickState.SEEN} - {pick.number for pick in known}
        verdicts = {pick.number: (pick.state, pick.how) for pick in (*known, *given_up)}
        if verdicts or nothing:
            self._store.judge_picks(verdicts, nothing)
        return [*known, *given_up, *(pick for pick in waiting if not self._is_over(pick))]

    def _known(self, seen: Sequence[Pick]) -> list[Pick]:
        """Those that are picks, in their first state."""
        members = self._members() if seen else {}
        suspects = [one for one in seen if is_suspect(one, self._mode(one), members.get(one.group or "", ()))]
        steps = self._steps([pick for pick in suspects if pick.how is None])
        found = []
        for pick in suspects:
            how = pick.how or (How.HISTORY if made_by(pick, steps) == pick.member else None)
            if how is not None:
                found.append(replace(pick, how=how, state=first_state(pick, self._mode(pick))))
        return found

    def _steps(self, picks: Sequence[Pick]) -> list[OwnerStep]:
        """The owner history of these items, as far as the org shows it."""
        steps: list[OwnerStep] = []
        for name, some in groupby(sorted(picks, key=lambda pick: (pick.object, pick.number)), lambda pick: pick.object):
            batch = list(some)
            since = min(pick.waited_at for pick in batch)
            found = self._org.owner_steps(name, [pick.item for pick in batch], since)
            if isinstance(found, Unreadable):
                self._tell(name, f"cannot be read ({found.code}: {found.message}); grant read access to it")
                continue
            steps += found
            if any(made_by(pick, found) is None for pick in batch):
                self._tell(name, "does not say who changed an owner; track the owner in the object's field history")
            else:
                self._forget(name)
        return steps

    def _tell(self, name: str, what: str) -> None:
        if not self._store.fact(f"{TOLD}{name}"):
            self._store.keep_fact(f"{TOLD}{name}", "yes")
            self.notices.append(
                f"cherry-picking: the owner history of {name} {what}; until then only those who last modified the item"
                " themselves are found out"
            )

    def _forget(self, name: str) -> None:
        if self._store.fact(f"{TOLD}{name}"):
            self._store.keep_fact(f"{TOLD}{name}", "")

    def _members(self) -> Mapping[str, frozenset[str]]:
        snapshot = self._snapshot
        found = membership(self._policy, snapshot.members, snapshot.taken_at, snapshot.org_timezone, snapshot.pools)
        return {name: frozenset(member.id for member in members) for name, members in found.items()}

    # --- giving back --------------------------------------------------------------------------------------------------

    def _is_over(self, pick: Pick) -> bool:
        return not pick.blocked and is_over(pick, self._mode(pick), self._snapshot.taken_at)

    def _is_due(self, pick: Pick) -> bool:
        """The guard of a write knows only whole seconds, and nothing is written while its group is paused."""
        at, paused = self._snapshot.taken_at, self._snapshot.paused_groups.get(pick.group or "")
        standing = [pause for pause in (paused, self._snapshot.paused_all) if pause is not None]
        if any(pause.until is None or pause.until > at for pause in standing):
            return False
        return not pick.blocked and settled_second(pick.guard_at, at) and self._accepted(pick, at)

    def _accepted(self, pick: Pick, at: dt.datetime) -> bool:
        until = self._snapshot.refusals.get((pick.owner_before, pick.object))
        return until is None or until <= at

    def _give_back(self, pick: Pick) -> Assign:
        item = WorkItem(
            object=pick.object,
            id=pick.item,
            owner=pick.member,
            created_at=pick.waiting_since,
            waiting_since=pick.waiting_since,
            aging_since=pick.aging_since,
            values={},
            guard_at=pick.guard_at,
        )
        owner, group = pick.owner_before, pick.group or ""
        username = self._usernames.get(owner, owner) if owner.startswith("005") else ""
        to = Member(owner, username, username or owner, is_active=True, timezone="UTC")
        sentence = f"{group}: back to {username or 'the queue'}, {self._told(pick)}"
        picker = next((member for member in self._snapshot.members if member.id == pick.member), None)
        outlets = next((one.notify for one in self._policy.enabled_groups if one.name == group), ())
        return replace(sent_to(item, group, to, RETURN, sentence, Why.CHERRY_PICKED), notify=outlets, taken_from=picker)

    # --- telling ------------------------------------------------------------------------------------------------------

    def _mode(self, pick: Pick) -> str:
        return self._modes.get(pick.group or "", "off")

    def _told(self, pick: Pick) -> str:
        who = self._usernames.get(pick.member, pick.member)
        known = f" ({_KNOWN_BY[pick.how]})" if pick.how else ""
        return f"{who} made themselves the owner{known}"

    def _line(self, pick: Pick, state: PickState) -> CherryPicked:
        return CherryPicked(
            object=pick.object,
            id=pick.item,
            group=pick.group or "",
            owner_before=pick.owner_before,
            owner=pick.member,
            owner_username=self._usernames.get(pick.member),
            how=pick.how.value if pick.how else None,
            state=state.value,
            seen_at=pick.seen_at,
            why=f"{pick.group}: {self._told(pick)}",
        )
