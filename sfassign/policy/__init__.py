"""The policy file: YAML in, the core's `Policy` out, every problem at once with line, column and a way to mend it.

Used by the daemon, the cycle and the commands. `load_policy` and `read_policy` raise `PolicyErrors` (a WrongPolicy);
`lint` tells errors and warnings without raising; `against_org` checks objects and fields against describe.
"""

from sfassign.policy.field_values import Filling, value_of
from sfassign.policy.fields import NeededFields, needed_fields
from sfassign.policy.findings import Finding, PolicyErrors, Severity
from sfassign.policy.json_schema import json_schema
from sfassign.policy.org import against_org
from sfassign.policy.org_writes import parent_fields
from sfassign.policy.reading import lint, load_policy, policy_hash, policy_text, read_policy, type_policy
from sfassign.policy.showing import as_data, show
from sfassign.policy.standing import StandingCondition, standing_conditions
from sfassign.policy.yaml_reading import read_document

__all__ = [
    "Filling",
    "Finding",
    "NeededFields",
    "PolicyErrors",
    "Severity",
    "StandingCondition",
    "against_org",
    "as_data",
    "json_schema",
    "lint",
    "load_policy",
    "needed_fields",
    "parent_fields",
    "policy_hash",
    "policy_text",
    "read_document",
    "read_policy",
    "show",
    "standing_conditions",
    "type_policy",
    "value_of",
]
