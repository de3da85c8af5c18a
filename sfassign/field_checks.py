"""What `check` says of the policy's objects and fields: each must exist, and be usable as the policy uses it.

Where this login may not see a field, describe leaves it out: a wrong name and a missing right look the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from sfassign.bootstrap import PolicyFile, unknown_fields
from sfassign.finding import Check
from sfassign.policy import Finding
from sfassign.shapes import Shapes

_UNSEEN = (
    "mend the name in the policy; where it is right, grant this login Read on the object and on the field (field-level"
    " security, in a permission set of this user)"
)
_UNWRITABLE = "take the field out of `set`, or grant this login Edit on it (field-level security)"
_BY_WORDS = {"may not see": _UNSEEN, "does not show": _UNSEEN, "cannot be written": _UNWRITABLE}


def field_findings(file: PolicyFile, shapes: Shapes) -> Iterator[Check]:
    """Raises an OrgError where the org cannot be asked at all."""
    found = unknown_fields(file, shapes)
    for one in found:
        yield Check("fields", one.severity, str(one), _mend(one), 2 if one.severity == "error" else 0)
    if all(one.severity != "error" for one in found):
        yield Check("fields", "ok", "every object and field of the policy exists and can be used")


def _mend(finding: Finding) -> str:
    told = (mend for words, mend in _BY_WORDS.items() if words in finding.message)
    return next(
        told, f"mend line {finding.line} of the policy; `sfassign policy check` tells more mistakes of the file"
    )
