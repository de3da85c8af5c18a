"""The env file: one `NAME=value` to a line. What cannot be meant is refused with its line, for a setting that is
silently dropped (a dry run, say) is one that the daemon does not have. Read by `settings` alone.
"""

from __future__ import annotations

import difflib
import io
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from sfassign.errors import WrongSettings

_OWN = "SFASSIGN"
_OWN_ENOUGH = 0.75
"""How much of a name's first word must be ours for the name to be a mistyped one of ours."""

_FIRST_WORD = re.compile(r"\s*(?:export\s+)?([A-Za-z][\w.-]*)")


def nearest_variable(name: str, known: Sequence[str]) -> str | None:
    """The known variable that looks most like this name, in whatever capitals; None where none does."""
    spelt = re.sub(r"[^A-Z0-9]+", "_", name[:100].upper())
    candidates = (spelt, re.sub(r"^[^_]+", _OWN, spelt), f"{_OWN}_{spelt}")
    found = (difflib.get_close_matches(one, known, n=1) for one in candidates)
    return next((near[0] for near in found if near), None)


def read_env_file(path: Path, known: Sequence[str], problems: list[str]) -> dict[str, str]:
    """The file's assignments of known variables; those of other programs are left out. Every line that is no assignment
    and every name that is only nearly one of ours becomes a problem; values are never repeated. Raises WrongSettings
    where the file cannot be read, or others may."""
    assigned: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(_text(path))):
        wrong = _wrong(binding, known)
        if wrong is not None:
            problems.append(f"{path}, line {_line(binding)}: {wrong}")
        elif binding.key in known:
            assigned[str(binding.key)] = binding.value or ""
    return assigned


def _text(path: Path) -> str:
    try:
        if path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            raise WrongSettings(
                f"{path}: others may read or write this file, which may hold secrets; run: chmod 0600 {path}"
            )
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise WrongSettings(f"{path}: cannot be read as the env file ({error.__class__.__name__})") from None


def _wrong(binding: Binding, known: Sequence[str]) -> str | None:
    """What is wrong with this line, None for a good one."""
    if binding.error or (binding.key is not None and binding.value is None):
        return _no_assignment(binding, known)
    name = binding.key
    if name is None or name in known or not _looks_ours(name, known):
        return None
    near = nearest_variable(name, known)
    return f"{name}: unknown variable" + (f"; did you mean {near}?" if near else "")


def _no_assignment(binding: Binding, known: Sequence[str]) -> str:
    word = _FIRST_WORD.match(binding.original.string)
    near = nearest_variable(word[1], known) if word and _looks_ours(word[1], known) else None
    return f"expected {near or 'NAME'}=value" + (", with the value's quotes closed" if _quoted(binding) else "")


def _quoted(binding: Binding) -> bool:
    return bool(re.search(r"=\s*['\"]", binding.original.string))


def _looks_ours(name: str, known: Sequence[str]) -> bool:
    """Whether somebody meant one of our variables: mistyped, in other capitals, or without its beginning."""
    letters = re.sub(r"[^A-Z0-9]", "", name.upper())
    head = re.split(r"[^A-Z0-9]", name.upper(), maxsplit=1)[0]
    alike = difflib.SequenceMatcher(None, head, _OWN).ratio() >= _OWN_ENOUGH
    return alike or letters.startswith(_OWN) or f"{_OWN}_{name.upper()}" in known


def _line(binding: Binding) -> int:
    """The parser counts a statement from the blank lines above it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
