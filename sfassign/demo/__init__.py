"""The demonstration: a local org with people at work, the real daemon assigning to them, and a check of its work.

Used by the command `demo` alone. It may know everybody, as the command line may; nothing of the product knows it.
"""

from sfassign.demo.stage import POLL, Handed, Scene, Stage, stage

__all__ = ["POLL", "Handed", "Scene", "Stage", "stage"]
