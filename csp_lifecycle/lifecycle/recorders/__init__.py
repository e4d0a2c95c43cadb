"""The recorders: what an open row writes down. Importing the package fills the registry."""

from csp_lifecycle.lifecycle.recorders import (
    beginnings,
    ending,
    moving,
    running,
    suspending,
    terms,
    transferring,
    waiting,
)
from csp_lifecycle.lifecycle.recorders.registry import RECORDERS

__all__ = ["RECORDERS", "beginnings", "ending", "moving", "running", "suspending", "terms", "transferring", "waiting"]
