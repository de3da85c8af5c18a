"""What pydantic found, as findings: the place in the file and an admin's words, never pydantic's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from sfassign.policy.document import Data, Document, Path
from sfassign.policy.findings import Finding, nearest, one_of
from sfassign.policy.schema import PolicySection
from sfassign.policy.wrong import KIND, shown, spoken

_PARTS = {"groups": "group", "people": "people entry", "objects": "object", "hours": "hours"}


def findings_of(error: ValidationError, document: Document) -> Iterator[Finding]:
    """A finding for each of pydantic's, but none where the YAML itself was already found wrong."""
    for details in error.errors(include_url=False):
        path = path_in(document.data, details["loc"])
        if not document.is_broken(path):
            yield _finding(details, path, document)


def path_in(data: Data, loc: tuple[int | str, ...]) -> Path:
    """The steps of a pydantic location that the file knows: tags of unions and the like fall away."""
    path: list[int | str] = []
    for step in loc:
        if isinstance(data, dict) and step in data:
            data = data[str(step)]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            continue
        path.append(step)
    return tuple(path)


def _finding(details: ErrorDetails, path: Path, document: Document) -> Finding:
    kind, context, last = details["type"], details.get("ctx", {}), details["loc"][-1] if details["loc"] else ""
    if kind == KIND:
        return document.finding(
            path,
            f"{trail(path, document.data)}: {context['message']}" if path else context["message"],
            at_key=last == "[key]",
            offset=context["offset"],
            expected=context["expected"],
            nearest=context["nearest"],
        )
    if kind == "extra_forbidden":
        return _unknown_key(path, document, models_at(details["loc"][:-1]))
    if kind == "missing":
        message = f"'{last}' is missing in {trail(path, document.data)}"
        return document.finding(path, message, at_key=_named(path), expected=_keys(details["loc"][:-1], required=True))
    if kind == "too_short":
        return document.finding(path, f"{trail(path, document.data)} is empty", expected="at least one entry")
    wanted = {"list_type": "a list", "dict_type": "keys with values"}.get(kind) or _keys(details["loc"])
    message = f"{trail(path, document.data)}: {spoken(details['input'])} cannot stand here"
    return document.finding(path, message, expected=wanted)


def _named(path: Path) -> bool:
    return bool(path) and isinstance(path[-1], str)


def within(path: Path, data: Data) -> str:
    """` in group 'Web leads' › available`: where the thing at this path stands; nothing at the top."""
    return f" in {trail(path[:-1], data)}" if len(path) > 1 else ""


def trail(path: Path, data: Data) -> str:
    """The way to a value as its writer would say it: `group 'Web leads' › available › hours`."""
    if len(path) < 2 or path[0] not in _PARTS:
        return " › ".join(shown(str(step)) for step in path) or "the policy"
    name = f"'{shown(str(path[1]))}'"
    if isinstance(path[1], int):
        given = get(data, (*path[:2], "name" if path[0] == "groups" else "user"))
        name = f"'{shown(given)}'" if isinstance(given, str) else f"number {path[1] + 1}"
    inner = [shown(str(step)) for step in path[2:] if isinstance(step, str)]
    return " › ".join([f"{_PARTS[str(path[0])]} {name}", *inner])


def get(data: Data, path: Path) -> Data:
    """The value at a path, None where the file has none there."""
    for step in path:
        if isinstance(data, dict):
            data = data.get(str(step))
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def _unknown_key(path: Path, document: Document, models: Iterable[type[BaseModel]]) -> Finding:
    key = str(path[-1])
    known = [known for model in models for known in names_of(model)]
    head, colon, _ = key.partition(":")
    hint = f"'{head}: …' with a space after the colon" if colon and head in known else one_of(known)
    return document.finding(
        path,
        f"unknown key '{shown(key)}' in {trail(path[:-1], document.data)}",
        at_key=True,
        expected=hint,
        nearest=nearest(key, known),
    )


def _keys(loc: tuple[int | str, ...], required: bool = False) -> str | None:
    names = [name for model in models_at(loc) for name in names_of(model, required)]
    return one_of(names, "and" if required else "or") if names else None


def names_of(model: type[BaseModel], required: bool = False) -> list[str]:
    fields = model.model_fields.items()
    return [field.alias or name for name, field in fields if field.is_required() or not required]


def models_at(loc: tuple[int | str, ...]) -> tuple[type[BaseModel], ...]:
    """The models that may type the value at a pydantic location; the tags of unions in it choose between them."""
    found: list[_Tagged] = [_Tagged(PolicySection, ())]
    for step in loc:
        chosen = [_Tagged(each.model, each.tags[1:]) for each in found if each.tags[:1] == (step,)]
        fields = [
            field.annotation
            for each in found
            for name, field in each.model.model_fields.items()
            if (field.alias or name) == step
        ]
        if chosen:
            found = chosen
        elif fields:
            found = [each for annotation in fields for each in _models_in(annotation, ())]
    return tuple(each.model for each in found)


class _Tagged(NamedTuple):
    model: type[BaseModel]
    tags: tuple[str, ...]


def _models_in(annotation: Any, tags: tuple[str, ...]) -> Iterator[_Tagged]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield _Tagged(annotation, tags)
    arguments = get_args(annotation)
    inner = (*tags, *(argument.tag for argument in arguments if isinstance(argument, Tag)))
    for argument in arguments:
        yield from _models_in(argument, inner)
