"""Reading a policy: text in, the core's `Policy` out, or every problem of the file at once.

    YAML → text values with places → types → what fits between the parts → what is not installed → the core's values

The daemon and every command call `load_policy`; `policy check` calls `lint`, which does not raise.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from sfassign.core.policy import Policy
from sfassign.errors import WrongPolicy
from sfassign.policy import convert, doubts, installed, references
from sfassign.policy.document import Document
from sfassign.policy.findings import Finding, PolicyErrors, errors_of, in_order
from sfassign.policy.schema import PolicySection
from sfassign.policy.wording import findings_of
from sfassign.policy.yaml_reading import read_document


def policy_hash(text: str) -> str:
    """`sha256:` and the digest of the file's text."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def read_policy(text: str, file: str) -> Policy:
    """The policy this text says. Raises PolicyErrors with every error of the file, sorted by line."""
    return _policy(text, file, refuse_uninstalled=True)


def type_policy(text: str, file: str) -> Policy:
    """Like `read_policy`, but what needs a part that is not installed is taken too."""
    return _policy(text, file, refuse_uninstalled=False)


def load_policy(path: str | Path) -> Policy:
    """The policy in this file. Raises WrongPolicy when it cannot be read, PolicyErrors when it is wrong."""
    return read_policy(policy_text(path), str(path))


def policy_text(path: str | Path) -> str:
    """The text of a policy file, line ends and byte order mark as they may be. Raises WrongPolicy."""
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise WrongPolicy(
            f"there is no policy file {path}; SFASSIGN_POLICY names another (config/policy.yaml is an example)"
        ) from None
    except UnicodeDecodeError as error:
        raise WrongPolicy(f"{path}: byte {error.start + 1} is not UTF-8; save the policy as UTF-8 text") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WrongPolicy(f"the policy file {path} cannot be read: {reason}") from None


def lint(text: str, file: str) -> tuple[Finding, ...]:
    """Every error and warning that needs no org, sorted by line."""
    document = read_document(text, file)
    _, found = _examine(document)
    return in_order([*found, *installed.refusals(document)])


def _policy(text: str, file: str, refuse_uninstalled: bool) -> Policy:
    document = read_document(text, file)
    section, found = _examine(document)
    if refuse_uninstalled:
        found += installed.refusals(document)
    errors = errors_of(in_order(found))
    if errors or section is None:
        raise PolicyErrors(errors)
    return convert.policy(section, policy_hash(text))


def _examine(document: Document) -> tuple[PolicySection | None, list[Finding]]:
    """The typed file, None where some type is wrong, and everything that was found."""
    if document.data is None:
        return None, document.findings
    section, typing = None, []
    try:
        section = PolicySection.model_validate(document.data)
    except ValidationError as error:
        typing = list(findings_of(error, document))
    return section, [*document.findings, *typing, *references.check(document), *doubts.check(document)]
