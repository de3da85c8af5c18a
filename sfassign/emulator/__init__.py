"""A Salesforce org on this machine, made from Salesforce's documentation, for tests, trials and demonstrations."""

from .errors import ApiError
from .options import Settings
from .org import LocalOrg

__all__ = ["ApiError", "LocalOrg", "Settings"]
