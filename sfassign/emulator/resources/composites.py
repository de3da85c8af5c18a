"""Everything below `/composite`: which of them a path means."""

from __future__ import annotations

from ..errors import not_found
from ..http import Reply
from .batch import batch
from .call import Call
from .collections import collections
from .composite import composite
from .graph import graph
from .tree import tree


def composites(call: Call) -> Reply:
    match call.segments[1:]:
        case ():
            return composite(call)
        case ("batch",):
            return batch(call)
        case ("graph",):
            return graph(call)
        case ("tree", name):
            return tree(call, call.thing(name))
        case ("sobjects", *_):
            return collections(call)
        case _:
            raise not_found()
