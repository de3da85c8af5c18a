"""The types of an assignment group and its parts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from sfassign.core.policy import LoadMeasure, MatchTest, Method
from sfassign.policy import values as v
from sfassign.policy.conditions import When
from sfassign.policy.shapes import (
    OneOrMany,
    PointsLimit,
    QuotaLimit,
    Section,
    WeightLimit,
    members_shape,
    text_or_mapping,
)

PREFERENCES = ("account_owner", "previous_owner", "same_email")
CHANNELS = ("salesforce", "chatter", "slack", "email", "task")
THEN = ("reassign", "return", "report")
COVERS = ("ours", "members")
CHERRY_PICKING = ("off", "report", "return")


class CapsSection(Section):
    """The most assignments per period."""

    hour: v.Count | None = None
    day: v.Count | None = None
    week: v.Count | None = None
    month: v.Count | None = None
    rolling: v.YesNo = Field(default=False, description="sliding windows instead of fixed ones")


class ListedSection(Section):
    """A user in a group's list."""

    user: v.Username
    weight: WeightLimit | None = None
    caps: CapsSection | None = None
    enabled: v.YesNo = True


class QueueSection(Section):
    """The members of a queue of the org."""

    queue: v.Text


class PublicGroupSection(Section):
    """The members of a public group of the org."""

    public_group: v.Text


Listed = Annotated[
    Annotated[v.Username, Tag("·text")] | Annotated[ListedSection, Tag("·mapping")],
    Discriminator(text_or_mapping),
]
Members = Annotated[
    Annotated[When, Tag("·text")]
    | Annotated[list[Listed], Field(min_length=1), Tag("·list")]
    | Annotated[QueueSection, Tag("·mapping")]
    | Annotated[PublicGroupSection, Tag("·group")],
    Discriminator(members_shape),
]


class LoggedInSection(Section):
    """A live Salesforce session, used lately."""

    idle: v.IdleTime | None = Field(default=None, description="used within this time; 6m or more")
    session_types: list[v.Text] = Field(default=[], description="further session types that count")


class AvailableSection(Section):
    """All that are given must hold."""

    logged_in: (
        Annotated[
            Annotated[v.YesNo, Tag("·text")] | Annotated[LoggedInSection, Tag("·mapping")],
            Discriminator(text_or_mapping),
        ]
        | None
    ) = Field(default=None, description="a live session")
    omni: OneOrMany | None = Field(default=None, description="the current Omni-Channel presence is one of these")
    hours: v.Name | None = Field(default=None, description="named working hours, or member")
    out_of_office: v.YesNo = Field(default=False, description="an out-of-office Event makes a member absent")


class MatchSection(Section):
    """An attribute of the item and one of the member."""

    item: v.FieldPath
    member: v.FieldPath = Field(description="a field of the User, or skills")
    test: Annotated[str, *v.word(*(test.value for test in MatchTest), what="test")] = "equals"
    required: v.YesNo = False
    relax_after: v.Duration | None = Field(default=None, description="dropped after waiting that long")
    weight: v.NotNegative | None = Field(default=None, description="in the match score")


class WeightSection(Section):
    """What multiplies a member's own weight."""

    performance: v.Duration | None = Field(default=None, description="success rate over this period")
    headroom: v.YesNo = False


class LeastLoadedSection(Section):
    """What least_loaded compares."""

    by: Annotated[str, *v.word(*(measure.value for measure in LoadMeasure), what="measure")] = "points"


class RampSection(Section):
    """At most so many for one person, over all groups, in any window of this length."""

    at_most: v.Count
    per: v.Duration


class OverflowTargetSection(Section):
    """Exactly one of the three."""

    group: v.Name | None = None
    queue: v.Text | None = None
    user: v.Username | None = None


class OverflowSection(Section):
    """Moves an item on that waited too long."""

    after: v.Duration
    to: OverflowTargetSection


class FinallySection(Section):
    """Exactly one of the two."""

    queue: v.Text | None = None
    user: v.Username | None = None


class NeglectSection(Section):
    """What happens to an assigned item that its owner does not touch in time."""

    untouched_for: v.Duration
    quiet_for: v.Duration | None = Field(default=None, description="neglected again after a touch; default: never")
    covers: Annotated[str, *v.word(*COVERS)] = "ours"
    hours: v.Name | None = Field(default=None, description="named working hours, member or always")
    remind_before: v.Duration | None = None
    then: Annotated[str, *v.word(*THEN)] = "reassign"
    exclude_last: v.CountOrNone = Field(default=1, description="previous owners who do not get it back")
    at_most: v.Count = Field(default=3, description="reassignments of one item")
    finally_: FinallySection | None = Field(default=None, alias="finally", description="where it goes after that")
    mark_away: v.YesNo = Field(default=False, description="take the silent owner out until seen active again")


class OnAssignedSection(Section):
    """Written together with the owner."""

    set: dict[v.FieldPath, v.SetValue] = Field(default={}, description="field: value")
    children: list[v.ObjectName] = Field(default=[], description="child objects whose open records move along")


class OnNotAssignedSection(Section):
    """Written when an item waited this long."""

    after: v.Duration
    set: dict[v.FieldPath, v.SetValue] = Field(min_length=1)


class OnReviewSection(Section):
    """Written while a review rule holds."""

    set: dict[v.FieldPath, v.SetValue] = Field(min_length=1)


class GroupSection(Section):
    """An assignment group: which items, to whom, how."""

    name: v.Name = Field(description="the identity of rotation, caps and clocks")
    was: v.Name | None = Field(default=None, description="the name before a rename")
    enabled: v.YesNo = True
    object: v.ObjectName
    source: When = Field(description="a SOQL condition: what waits here to be assigned")
    tiers: list[v.Name] | None = Field(default=None, min_length=1, description="only items of these tiers")
    hold: v.DurationOrZero | None = Field(default=None, description="leave a new item alone for this long first")
    priority: v.Whole = Field(default=0, description="groups with a higher number are served first")
    members: Members = Field(description="a SOQL condition on User, a list of users, or {queue: …}, {public_group: …}")
    available: AvailableSection = AvailableSection()
    match: list[MatchSection] = Field(default=[], description="attributes of the item and of the member that must fit")
    prefer: list[Annotated[str, *v.word(*PREFERENCES)]] = Field(default=[], description="who gets it when they can")
    prefer_wait: v.DurationOrZero | None = Field(default=None, description="how long it waits for them")
    method: Annotated[str, *v.word(*(method.value for method in Method), what="method")] = "round_robin"
    weight: WeightSection = WeightSection()
    least_loaded: LeastLoadedSection = LeastLoadedSection()
    caps: CapsSection = Field(default=CapsSection(), description="of each member, in this group")
    group_caps: CapsSection = Field(default=CapsSection(), description="of the whole group together")
    quota: QuotaLimit | None = Field(default=None, description="active items of the group's object")
    threshold: PointsLimit | None = Field(default=None, description="load points")
    ramp: (
        Annotated[
            Annotated[v.Off, Tag("·text")] | Annotated[RampSection, Tag("·mapping")],
            Discriminator(text_or_mapping),
        ]
        | None
    ) = Field(default=None, description="the flood guard; default 5 per 5m")
    overflow: OverflowSection | None = None
    neglect: NeglectSection | None = None
    cherry_picking: Annotated[str, *v.word(*CHERRY_PICKING)] = "off"
    on_assigned: OnAssignedSection | None = None
    on_not_assigned: OnNotAssignedSection | None = None
    on_review: OnReviewSection | None = None
    notify: list[Annotated[str, *v.word(*CHANNELS)]] = Field(default=[], description="who hears of it")
