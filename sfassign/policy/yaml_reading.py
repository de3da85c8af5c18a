"""From YAML's events to a Document: values without recursion, depth and size bounded, no input can crash it.

What YAML allows and a policy does not (duplicate keys, anchors, aliases, merge keys, tags, keys without a value,
several documents) becomes findings, as does what is no YAML at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import yaml

from sfassign.policy.document import Data, Document, Path, Place
from sfassign.policy.findings import Finding
from sfassign.policy.yaml_errors import MAX_CHARACTERS, MAX_DEPTH, in_words, unreadable_character


def read_document(text: str, file: str) -> Document:
    """The file's values and places. Never raises for what the text says: that becomes findings."""
    document = Document(file)
    trouble = unreadable_character(text)
    if len(text) > MAX_CHARACTERS:
        document.findings.append(Finding(file, 1, 1, f"the file is larger than {MAX_CHARACTERS:,} characters"))
    elif trouble:
        document.findings.append(Finding(file, *trouble))
    else:
        _Builder(document, text).build()
    return document


class Mark(NamedTuple):
    """A place in the text, counted from 0."""

    line: int
    column: int
    offset: int


def _start(event: yaml.Event) -> Mark:
    mark = event.start_mark
    return Mark(mark.line, mark.column, mark.index) if mark else Mark(0, 0, 0)


def _end(event: yaml.Event) -> Mark:
    mark = event.end_mark
    return Mark(mark.line, mark.column, mark.index) if mark else Mark(0, 0, 0)


class _Stop(Exception):
    """Nothing after this place can be understood."""


class _AliasText(str):
    """The name of an alias that stands where a key should: reported once, as an alias."""

    __slots__ = ()


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is being filled. `key` is the key whose value comes next."""

    value: dict[str, Data] | list[Data]
    path: Path
    mark: Mark
    key: str | None = None
    key_mark: Mark | None = None
    keep: bool = True


class _Builder:
    """Turns the parser's events into values and places."""

    def __init__(self, document: Document, text: str) -> None:
        self.document = document
        self.text = text
        self.stack: list[_Frame] = []
        self.root: Data = None
        self.documents = 0

    def build(self) -> None:
        try:
            for event in yaml.parse(self.text, Loader=yaml.SafeLoader):
                self.take(event)
        except _Stop:
            return
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            line, column, message, expected = in_words(error)
            self.document.findings.append(Finding(self.document.file, line, column, message, expected=expected))
            return
        self.finish()

    def finish(self) -> None:
        if isinstance(self.root, dict) and self.root:
            self.document.data = self.root
            return
        if any(finding.severity == "error" for finding in self.document.findings):
            return
        message = (
            "the policy is empty"
            if self.root in (None, {})
            else "a policy is keys with values, not one value or a list"
        )
        self.document.findings.append(
            Finding(
                self.document.file, 1, 1, message, expected="version: 1, and groups with name, object, source, members"
            )
        )

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self.stop(_start(event), "a second document starts here ('---'); a policy is one document")
        elif isinstance(event, yaml.AliasEvent):
            self.report(
                _start(event), f"alias '*{event.anchor}': a policy has no anchors and aliases; write the value out"
            )
            self.scalar(_AliasText(f"*{event.anchor}"), event)
        elif isinstance(event, yaml.ScalarEvent):
            self.refuse_properties(event)
            self.scalar(event.value, event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self.refuse_properties(event)
            self.open({} if isinstance(event, yaml.MappingStartEvent) else [], _start(event))
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self.close()

    def report(self, mark: Mark, message: str) -> None:
        self.document.findings.append(Finding(self.document.file, mark.line + 1, mark.column + 1, message))

    def stop(self, mark: Mark, message: str) -> None:
        self.report(mark, message)
        raise _Stop

    def refuse_properties(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            self.report(
                _start(event), f"anchor '&{event.anchor}': a policy has no anchors and aliases; write the value out"
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            shown = str(tag).replace("tag:yaml.org,2002:", "!!")
            self.report(_start(event), f"tag '{shown}': a policy has no tags; write the value alone")

    def expects_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def child_path(self) -> Path:
        if not self.stack:
            return ()
        frame = self.stack[-1]
        return (*frame.path, len(frame.value) if isinstance(frame.value, list) else frame.key or "")

    def open(self, value: dict[str, Data] | list[Data], mark: Mark) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self.stop(mark, f"nested deeper than {MAX_DEPTH} levels")
        if self.expects_key():
            self.report(mark, "a key is text, not a mapping or a list")
            self.stack.append(_Frame(value, (*self.stack[-1].path, "\0"), mark, keep=False))
        else:
            self.stack.append(_Frame(value, self.child_path(), mark))

    def close(self) -> None:
        frame = self.stack.pop()
        if self.expects_key():
            self.begin_pair("\0", frame.mark)
        else:
            self.attach(frame.value, self.place(frame.mark))

    def scalar(self, text: str, event: yaml.Event) -> None:
        if self.expects_key():
            self.key(text, event)
            return
        place = self.place(_start(event), self.text[_start(event).offset : _end(event).offset])
        if text == "" and getattr(event, "style", None) is None:
            self.attach(None, place)
            self.no_value(place)
        elif unreadable_character(text):
            self.report(_start(event), "an escape in this text stands for a character that cannot be used")
            self.attach_broken(place)
        elif isinstance(text, _AliasText):
            self.attach_broken(place)
        else:
            self.attach(text, place)

    def attach_broken(self, place: Place) -> None:
        """Nothing, where a finding was made already."""
        self.document.broken.add(self.child_path())
        self.attach(None, place)

    def no_value(self, place: Place) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame is None:
            return
        path: Path = (*frame.path, len(frame.value) - 1) if isinstance(frame.value, list) else self.last_path
        self.document.broken.add(path)
        name = path[-1]
        message = "this entry of the list has no value" if isinstance(name, int) else f"'{name}' has no value"
        spaced = (
            "put a space after the colon" if isinstance(name, str) and ":" in name else "a value, or leave the key out"
        )
        self.document.findings.append(
            Finding(self.document.file, place.key_line, place.key_column, message, expected=spaced)
        )

    def key(self, text: str, event: yaml.Event) -> None:
        frame = self.stack[-1]
        if isinstance(text, _AliasText):
            self.begin_pair("\0", _start(event))
        elif text == "<<" and getattr(event, "style", None) is None:
            self.report(_start(event), "merge key '<<': a policy has no anchors and merge keys; write the keys out")
            self.begin_pair("\0", _start(event))
        elif unreadable_character(text):
            self.report(_start(event), "an escape in this key stands for a character that cannot be used")
            self.begin_pair("\0", _start(event))
        elif text in frame.value:
            first = self.document.places[(*frame.path, text)].key_line
            self.report(_start(event), f"'{text}' is given twice here; the first one is in line {first}")
            self.begin_pair("\0" + text, _start(event))
        else:
            self.begin_pair(text, _start(event))

    def begin_pair(self, key: str, mark: Mark) -> None:
        self.stack[-1].key, self.stack[-1].key_mark = key, mark

    def place(self, mark: Mark, raw: str | None = None) -> Place:
        key_mark = (self.stack[-1].key_mark if self.stack else None) or mark
        return Place(mark.line + 1, mark.column + 1, key_mark.line + 1, key_mark.column + 1, raw)

    def attach(self, value: Data, place: Place) -> None:
        """Put a finished value under its parent; values of refused keys are dropped."""
        path = self.last_path = self.child_path()
        if not self.stack:
            self.root = value
        else:
            frame = self.stack[-1]
            if isinstance(frame.value, list):
                frame.value.append(value)
            elif not (frame.key or "").startswith("\0"):
                frame.value[frame.key or ""] = value
            frame.key = frame.key_mark = None
        self.document.places[path] = place

    last_path: Path = ()
