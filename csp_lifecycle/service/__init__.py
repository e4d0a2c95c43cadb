"""The front door: commands in, answers out, history kept in a store."""

from csp_lifecycle.service.answers import Answer, Due, Stuck
from csp_lifecycle.service.lifecycle import Lifecycle

__all__ = ["Answer", "Due", "Lifecycle", "Stuck"]
