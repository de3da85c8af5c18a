"""Values that may be written in more than one shape (a number or `{field: …}`, text or a list): which one is meant.

The shape decides the type before anything is checked, so that a fault is reported once, for the shape that was meant.
Tags begin with a dot in the middle, which no key of the file can be mistaken for.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from sfassign.policy import values as v


class Section(BaseModel):
    """A mapping of the policy file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldLimitSection(Section):
    """A limit or weight that managers keep in a field of the User."""

    field: v.FieldPath = Field(description="a field of the User; empty means no limit, weight 1")


def limit_shape(value: Any) -> str:
    return "·field" if isinstance(value, dict) else "·number"


def quota_shape(value: Any) -> str:
    if isinstance(value, dict):
        return "·field" if "field" in value else "·objects"
    return "·number"


def text_or_mapping(value: Any) -> str:
    return "·mapping" if isinstance(value, dict) else "·text"


def members_shape(value: Any) -> str:
    if isinstance(value, list):
        return "·list"
    return "·group" if isinstance(value, dict) and "public_group" in value else text_or_mapping(value)


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_Field = Annotated[FieldLimitSection, Tag("·field")]
QuotaLimit = Annotated[Annotated[v.Count, Tag("·number")] | _Field, Discriminator(limit_shape)]
PointsLimit = Annotated[Annotated[v.Points, Tag("·number")] | _Field, Discriminator(limit_shape)]
WeightLimit = Annotated[Annotated[v.NotNegative, Tag("·number")] | _Field, Discriminator(limit_shape)]
PersonQuota = Annotated[
    Annotated[v.Count, Tag("·number")] | _Field | Annotated[dict[v.ObjectName, QuotaLimit], Tag("·objects")],
    Discriminator(quota_shape),
]
OneOrMany = Annotated[
    list[v.Text],
    Field(min_length=1),
    BeforeValidator(_one_or_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
