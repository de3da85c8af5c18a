"""The JSON Schema of the policy file, for editors: `sfassign policy schema`."""

from __future__ import annotations

from typing import Any

from sfassign.policy.schema import PolicySection

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the whole file; editors apply it to YAML as well."""
    return {"$schema": DIALECT, **PolicySection.model_json_schema(by_alias=True), "title": "sfassign policy"}
