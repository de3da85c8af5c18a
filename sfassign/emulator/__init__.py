"""A Salesforce org on this machine, made from Salesforce's documentation, for tests, trials and demonstrations."""

from .errors import ApiError
from .options import Settings
from .org import LocalOrg
from .serve import Server, serve
from .transport import InProcessAdapter
from .trees import load_tree

__all__ = ["ApiError", "InProcessAdapter", "LocalOrg", "Server", "Settings", "load_tree", "serve"]
