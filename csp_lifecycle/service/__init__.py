"""The front door: commands in, answers out, history kept in a store."""

from csp_lifecycle.service.accounts import Accounts
from csp_lifecycle.service.answers import AccountAnswer, Answer, Due, Stuck
from csp_lifecycle.service.books import Books
from csp_lifecycle.service.lifecycle import Lifecycle

__all__ = ["AccountAnswer", "Accounts", "Answer", "Books", "Due", "Lifecycle", "Stuck"]
