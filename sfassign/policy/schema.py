"""The policy file as types: one model per part, every key with its meaning. `schema_groups` has the groups.

The models only say what may stand where; defaults of the meaning are filled in by `convert`, references between the
parts are checked by `references`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sfassign.policy import values as v
from sfassign.policy.conditions import UserOrCondition, When, WrittenWhen
from sfassign.policy.schema_groups import CapsSection, GroupSection
from sfassign.policy.shapes import PersonQuota, PointsLimit, Section, WeightLimit
from sfassign.policy.spans import Days, Holidays, Spans, Weekday, Zone

TOUCHES = ("status", "activity", "edit")


class HoursSection(Section):
    """Named working hours: days of its own, or a BusinessHours record of the org."""

    timezone: Zone | None = Field(default=None, description="default: the policy's")
    days: dict[Days, Spans] | None = Field(
        default=None, min_length=1, description="days or day ranges, and their spans"
    )
    business_hours: v.Text | None = Field(default=None, description="a BusinessHours record of the org instead of days")
    holidays: Holidays = Field(default=[], description="dates, or names of Holiday records of the org, or all")


class RuleSection(Section):
    """Points added while a condition holds."""

    when: WrittenWhen = Field(description="a SOQL condition on the item")
    add: v.Number = Field(description="points")


class LoadSection(Section):
    """How much work an active item is."""

    base: v.NotNegative = Field(default=1.0, description="points of every item")
    rules: list[RuleSection] = Field(default=[], description="points on top")


class AgingSection(Section):
    """Waiting raises the score, so that nothing starves."""

    add: v.Number = Field(description="points for each `every`")
    every: v.Duration
    at_most: v.Points | None = Field(default=None, description="in all")


class DeadlineSection(Section):
    """The score rises linearly to `add` at the deadline."""

    field: v.FieldPath = Field(description="a date and time of the item, or milestone")
    within: v.Duration = Field(description="how long before the deadline it begins to rise")
    add: v.Number


class ScoreSection(Section):
    """How urgent or valuable a waiting item is."""

    base: v.Number = 0.0
    rules: list[RuleSection] = Field(default=[], description="points that the score has on top")
    aging: AgingSection | None = None
    deadline: DeadlineSection | None = None
    tiers: dict[v.Name, v.Number] = Field(default={}, description="names for score ranges: the lowest score of each")


class ReviewSection(Section):
    """Flagged, not assigned."""

    when: When
    reason: v.Text


class ObjectSection(Section):
    """What work of one object is, wherever it came from."""

    active: When | None = Field(default=None, description="counts towards load and quota")
    load: LoadSection = LoadSection()
    score: ScoreSection = ScoreSection()
    review: list[ReviewSection] = Field(default=[], description="items that are flagged, not assigned")
    touched: list[Annotated[str, *v.word(*TOUCHES)]] | None = Field(
        default=None, min_length=1, description="what counts as worked"
    )
    success: When | None = Field(default=None, description="what counts as won, for performance")
    closed: When | None = Field(default=None, description="won or lost")


class PersonSection(Section):
    """What holds for the users it names, in every group."""

    user: UserOrCondition = Field(description="a Username, or a SOQL condition on User")
    skills: list[v.Text] = Field(default=[], description="for match pairs with member: skills")
    weight: WeightLimit | None = None
    quota: PersonQuota | None = Field(default=None, description="active items: over all objects, or one each")
    threshold: PointsLimit | None = Field(default=None, description="load points")
    caps: CapsSection | None = Field(default=None, description="assignments per period, over all groups")
    hours: v.Name | None = Field(default=None, description="working hours of this person")


class PolicySection(Section):
    """The whole file."""

    version: v.Version
    timezone: Zone | None = Field(default=None, description="days, weeks, working hours; default: the org's own")
    week_starts: Weekday | None = Field(default=None, description="default: monday")
    hours: dict[v.Name, HoursSection] = Field(default={}, description="named working hours")
    objects: dict[v.ObjectName, ObjectSection] = Field(default={}, description="what work is, per object")
    people: list[PersonSection] = Field(default=[], description="about users, in every group")
    groups: list[GroupSection] = Field(
        min_length=1, description="an item belongs to the first enabled group whose source takes it"
    )
