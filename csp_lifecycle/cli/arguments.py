"""Instants, days and months as arguments; what is none of them is wrong usage."""

import argparse
from datetime import date, datetime

from csp_lifecycle.wire.converter import coming_instant_of, day_of, instant_of


def instant(text: str) -> datetime:
    """An RFC 3339 instant with an offset."""
    try:
        return instant_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def coming(text: str) -> datetime:
    """As `instant`, to decide something at: the calendar must go on behind it."""
    try:
        return coming_instant_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def day(text: str) -> date:
    """A day, YYYY-MM-DD."""
    try:
        return day_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def month(text: str) -> date:
    """The first day of a month, YYYY-MM."""
    return day(f"{text}-01")
