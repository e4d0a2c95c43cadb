"""The recorders: what an open row writes down. Importing the package fills the registry."""

from csp_lifecycle.lifecycle.recorders import moving, running, terms, waiting
from csp_lifecycle.lifecycle.recorders.registry import RECORDERS

__all__ = ["RECORDERS", "moving", "running", "terms", "waiting"]
