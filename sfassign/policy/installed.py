"""What a policy needs of an extra that is not installed here: refused when the policy is read, with the mend."""

from __future__ import annotations

from collections.abc import Iterator

from sfassign import solver
from sfassign.core.policy import Method
from sfassign.policy.document import Document
from sfassign.policy.findings import Finding
from sfassign.policy.parts import groups


def refusals(document: Document) -> Iterator[Finding]:
    """A finding for every group by `optimal` where its solver is missing."""
    if solver.installed():
        return
    for group in groups(document):
        if group.text("method") == Method.OPTIMAL.value:
            message = f"method 'optimal' in group '{group.name}' needs the extra 'optimal', which is not installed here"
            yield document.finding((*group.path, "method"), message, expected="pip install 'sfassign[optimal]'")
