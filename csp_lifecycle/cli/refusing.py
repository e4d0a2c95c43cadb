"""A refusal in words: what was asked, what stood in the way, what is legal instead, and when the same would be."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.wire.refusals import plain


def refusal_text(refusal: CommandRefusedError) -> str:
    """The whole refusal of a command; its outlook is worked out here."""
    outlook = refusal.outlook
    head = f"{refusal.command} refused [{refusal.code}, {refusal.rule}]: {_clause(refusal)}."
    later = ""
    if outlook.legal_from is not None:
        later = f"The same {refusal.command} would be legal{_interval(outlook.legal_from, outlook.legal_until)}."
    return " ".join(part for part in (head, _instead(refusal), later) if part)


def reason_text(refusal: CommandRefusedError) -> str:
    """Why, without what would have been possible."""
    return f"{_clause(refusal)} [{refusal.code}, {refusal.rule}]"


def outlook_text(legal_from: datetime | None, legal_until: datetime | None) -> str:
    """When it would be legal, if ever."""
    return "" if legal_from is None else f", legal{_interval(legal_from, legal_until)}"


def _interval(legal_from: datetime, legal_until: datetime | None) -> str:
    until = "" if legal_until is None else f" until {plain(legal_until)}"
    return f" from {plain(legal_from)}{until}"


def _clause(refusal: CommandRefusedError) -> str:
    """The rule and the facts, as a clause that goes on in another sentence."""
    sentence = refusal.reason.sentence
    facts = (_fact(name, value) for name, value in refusal.evidence.items())
    return "; ".join([sentence[:1].lower() + sentence[1:].rstrip("."), *(fact for fact in facts if fact)])


_FACTS: dict[str, Callable[[Any], str]] = {
    "status": lambda value: f"it is {value}",
    "closed_at": lambda value: f"it closed on {value}",
    "reducible_seats": lambda value: f"{value} can be removed now",
    "reducible_until": lambda value: f"the last lot closes, or closed, on {value}",
    "last_event_at": lambda value: f"the last event is of {value}",
    "ended_at": lambda value: f"the term ended on {value}",
    "held_subscription_id": lambda value: f"the customer holds {value}",
    "seats": lambda value: f"{value} seats were asked for",
    "seats_now": lambda value: f"it has {value} seats",
    "min_seats": lambda value: f"at least {value} are sold",
    "max_seats": lambda value: f"at most {value}",
    "in_flight": lambda value: f"in flight is a {value}",
    "known": lambda value: f"there is {value}",
}


def _fact(name: str, value: Any) -> str | None:
    """A piece of evidence in words; None where there is nothing to tell."""
    shown = plain(value)
    if shown is None or shown == []:
        return None
    if isinstance(shown, list):
        shown = ", ".join(map(str, shown))
    return _FACTS[name](shown) if name in _FACTS else f"{name.replace('_', ' ')} {shown}"


def _instead(refusal: CommandRefusedError) -> str:
    """The remedies that are legal now; where no remedy is known, everything that is."""
    allowed = refusal.outlook.allowed
    remedies = [remedy for remedy in refusal.reason.remedies if remedy in allowed]
    if remedies:
        return f"Instead: {', '.join(remedies)}, legal now."
    return f"Legal now: {', '.join(allowed)}." if allowed else ""
