"""Money: exact until it is rounded once, in the way that a named mode says (R-PRORATE-13).

Inside, every figure is a fraction that is multiplied before it is divided: a Decimal divided first makes 3.99 of
30 of 30 days at 4.00 (R-PRORATE-02). Rounding looks at the size of a figure and puts its sign back, so that a
refund and a charge of the same figure cancel to nothing.
"""

from decimal import ROUND_HALF_UP, Context, Decimal
from enum import Enum
from fractions import Fraction
from math import floor

from attrs import frozen

# The currencies of ISO 4217 that do not have two minor digits. Two dozen codes that change once in a decade: the
# packages that carry them read an XML file on import, or know how a currency is displayed, which differs.
_NO_DIGITS = ("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", 0)
_THREE_DIGITS = ("BHD IQD JOD KWD LYD OMR TND", 3)
_FOUR_DIGITS = ("CLF UYW", 4)
_MINOR_DIGITS = {code: digits for codes, digits in (_NO_DIGITS, _THREE_DIGITS, _FOUR_DIGITS) for code in codes.split()}
_MOST_DIGITS_SHOWN = 15


class Figure(Enum):
    """Which figure is rounded on the way from a price to an amount."""

    UNIT = "unit"
    TOTAL = "total"
    DAILY = "daily"


class Direction(Enum):
    """Where a figure between two roundings goes; both are the same for a refund as for a charge."""

    DOWN = "down"
    HALF_UP = "half-up"


@frozen
class Rounding:
    """A rounding mode of the published examples (R-PRORATE-08).

    `digits` says how precise the rounded figure stays; None is the minor unit of the currency.
    """

    figure: Figure
    direction: Direction
    digits: int | None = None


UNIT_DOWN = Rounding(Figure.UNIT, Direction.DOWN)
TOTAL_DOWN = Rounding(Figure.TOTAL, Direction.DOWN)
UNIT_HALF_UP = Rounding(Figure.UNIT, Direction.HALF_UP)
TOTAL_HALF_UP = Rounding(Figure.TOTAL, Direction.HALF_UP)


def daily_rounded(digits: int) -> Rounding:
    """The mode that rounds the price of one day to *digits* first, and the total half up; a whole price stays."""
    return Rounding(Figure.DAILY, Direction.HALF_UP, digits)


@frozen
class Share:
    """Some days of a charge cycle, and what they are worth as a share of its price."""

    days: int
    worth: Fraction


@frozen
class Charged:
    """What one seat costs, as it was multiplied, and what all of them come to."""

    unit: Fraction
    amount: Decimal


def charged(price: Decimal, share: Share, seats: int, currency: str, rounding: Rounding) -> Charged:
    """What *seats* cost for a share of their price, rounded once (R-PRORATE-02)."""
    unit = exact(price) * share.worth
    digits = minor_digits(currency)
    precise = digits if rounding.digits is None else rounding.digits
    if rounding.figure is Figure.UNIT:
        unit = rounded(unit, precise, rounding.direction)
    elif rounding.figure is Figure.DAILY and share.worth != 1:
        unit = rounded(unit / share.days, precise, rounding.direction) * share.days
    return Charged(unit, decimal(rounded(unit * seats, digits, rounding.direction), digits))


def exact(amount: Decimal | Fraction | int, name: str = "money") -> Fraction:
    """The amount as a fraction; *name* is what an error calls it.

    Raises:
        TypeError: it is a float, which no longer knows the amount that was meant (R-PRORATE-13).
        ValueError: it is no number.
    """
    if isinstance(amount, bool) or not isinstance(amount, (Decimal, Fraction, int)):
        message = (
            f'{name} must be a Decimal, not {amount!r}: write Decimal("9.99"), a float has lost the exact amount '
            "(R-PRORATE-13)"
        )
        raise TypeError(message)
    if isinstance(amount, Decimal) and not amount.is_finite():
        message = f"{name} must be a finite amount, not {amount} (R-PRORATE-13)"
        raise ValueError(message)
    return Fraction(amount)


def minor_digits(currency: str) -> int:
    """How many digits the minor unit of a currency has: two for most, none for JPY, three for KWD."""
    return _MINOR_DIGITS.get(currency, 2)


def rounded(figure: Fraction, digits: int, direction: Direction) -> Fraction:
    """The figure with at most *digits* decimals; DOWN is toward zero, HALF_UP away from it (R-PRORATE-13)."""
    size = abs(figure) * 10**digits
    units = floor(size) if direction is Direction.DOWN else floor(size + Fraction(1, 2))
    return Fraction(units if figure >= 0 else -units, 10**digits)


def decimal(figure: Fraction, digits: int) -> Decimal:
    """A figure that has at most *digits* decimals, with exactly that many."""
    return Decimal(f"{figure * 10**digits}e-{digits}")


def shown(figure: Fraction, currency: str) -> Decimal:
    """The figure as it is written: at most 15 significant digits (D-24), and at least the minor ones."""
    precise = Context(prec=_MOST_DIGITS_SHOWN, rounding=ROUND_HALF_UP)
    short = precise.divide(Decimal(figure.numerator), Decimal(figure.denominator))
    least = Decimal(f"1e-{minor_digits(currency)}")
    return short if -int(short.as_tuple().exponent) >= minor_digits(currency) else short.quantize(least)
