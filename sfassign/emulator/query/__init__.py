"""SOQL over the local org's tables: names are resolved, rights and types checked, and the query becomes one SQL."""

from .run import Answer, QueryRunner

__all__ = ["Answer", "QueryRunner"]
