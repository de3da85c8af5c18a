"""A Salesforce org on this machine, made from Salesforce's documentation, for tests, trials and demonstrations.

What it lacks it refuses in plain words: ingest jobs of the Bulk API (FEATURENOTENABLED), version 1 of it, SOAP but for
login(), the tooling and metadata APIs, blobs, reports and list views, layouts and quick actions, change events.
"""

from .errors import ApiError
from .options import Settings
from .org import LocalOrg
from .serve import Server, serve
from .transport import InProcessAdapter
from .trees import load_tree

__all__ = ["ApiError", "InProcessAdapter", "LocalOrg", "Server", "Settings", "load_tree", "serve"]
