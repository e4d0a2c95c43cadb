"""Reconciliation: our lines beside somebody else's, and every difference by its kind.

Lines are paired inside one subscription and one charge type, in whatever order they come: first those that agree
in all, then those that agree in ever less. What finds no partner is missing or unexpected. So each line stands in
one finding at most, and the differences add up to the difference of the totals.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from decimal import Decimal
from typing import ClassVar

from attrs import define, field, frozen

from csp_lifecycle.billing.stated import StatedLine, stated
from csp_lifecycle.policies.charging import ChargeReading
from csp_lifecycle.values.money import minor_digits
from csp_lifecycle.values.money_errors import MixedCurrenciesError
from csp_lifecycle.vocabulary.charge_line import ChargeLine


@frozen
class Missing:
    """We charge it, and their file does not have it."""

    kind: ClassVar[str] = "missing"
    ours: ChargeLine

    @property
    def difference(self) -> Decimal:
        """What their total has beyond ours because of it."""
        return -self.ours.amount

    @property
    def sentence(self) -> str:
        """What is wrong, for people."""
        return f"{_named(stated(self.ours))} is missing"


@frozen
class Unexpected:
    """Their file has it, and we do not charge it."""

    kind: ClassVar[str] = "unexpected"
    theirs: StatedLine

    @property
    def difference(self) -> Decimal:
        """What their total has beyond ours because of it."""
        return self.theirs.amount

    @property
    def sentence(self) -> str:
        """What is wrong, for people."""
        return f"row {self.theirs.row}: {_named(self.theirs)} is not among our lines"


@frozen
class _Differing:
    """Both have it, and it is not the same."""

    kind: ClassVar[str]
    ours: ChargeLine
    theirs: StatedLine

    @property
    def difference(self) -> Decimal:
        """What their total has beyond ours because of it."""
        return self.theirs.amount - self.ours.amount

    @property
    def sentence(self) -> str:
        """What is wrong, for people."""
        ours, theirs = _named(stated(self.ours)), _named(self.theirs)
        return f"row {self.theirs.row}, {self.kind.replace('-', ' ')}: {theirs}; ours is {ours}"


@frozen
class WrongQuantity(_Differing):
    """The days agree, the number of seats does not."""

    kind = "wrong-quantity"


@frozen
class WrongDates(_Differing):
    """The number of seats agrees, the days only overlap."""

    kind = "wrong-dates"


@frozen
class WrongAmount(_Differing):
    """Days and seats agree, the amount does not."""

    kind = "wrong-amount"


@frozen
class RoundingOnly(_Differing):
    """Days and seats agree, and the amount does but for the rounding (R-PRORATE-08)."""

    kind = "rounding-only"


Finding = Missing | Unexpected | WrongQuantity | WrongDates | WrongAmount | RoundingOnly
"""One line on which the two sides do not agree."""


def reconcile(
    ours: Iterable[ChargeLine], theirs: Iterable[StatedLine], tolerance: int = ChargeReading().tolerance
) -> tuple[Finding, ...]:
    """Every difference between our lines and theirs: of ours in their order, then what only they have (R-CHARGE-27).

    Offers and reference ids are not compared, each side has its own. *tolerance* says how many minor units of the
    currency a line may differ and still be told as `RoundingOnly`.

    Raises:
        MixedCurrenciesError: not all lines are in one currency.
    """
    sheet = _Sheet(tuple(ours), tuple(theirs))
    currencies = {line.currency for line in sheet.ours} | {line.currency for line in sheet.theirs}
    if len(currencies) > 1:
        raise MixedCurrenciesError(currencies)
    for same in _EVER_LESS:
        sheet.pair_by(same)
    sheet.pair_by_overlap()
    margin = sum((Decimal(tolerance).scaleb(-minor_digits(one)) for one in currencies), Decimal(0))
    return sheet.findings(margin)


@define
class _Sheet:
    """Both sides and which lines of them are the same: indexes into `theirs` by indexes into `ours`."""

    ours: Sequence[ChargeLine]
    theirs: Sequence[StatedLine]
    pairs: dict[int, int] = field(factory=dict)
    _stated: Sequence[StatedLine] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._stated = tuple(map(stated, self.ours))

    def pair_by(self, same: Callable[[StatedLine], Hashable]) -> None:
        """Pair the lines that are left and agree in *same*, the smaller amounts first."""
        candidates = defaultdict[Hashable, deque[int]](deque)
        for theirs in sorted(self._left_of_theirs(), key=lambda index: self.theirs[index].amount):
            candidates[same(self.theirs[theirs])].append(theirs)
        for ours in sorted(self._left_of_ours(), key=lambda index: self._stated[index].amount):
            found = candidates.get(same(self._stated[ours]))
            if found:
                self.pairs[ours] = found.popleft()

    def pair_by_overlap(self) -> None:
        """Pair what is left, agrees but for its days, and has some of them in common: the most in common first."""
        candidates = defaultdict[Hashable, list[int]](list)
        for theirs in self._left_of_theirs():
            candidates[_but_for_the_days(self.theirs[theirs])].append(theirs)
        overlaps = sorted(
            (-days, ours, theirs)
            for ours in self._left_of_ours()
            for theirs in candidates.get(_but_for_the_days(self._stated[ours]), ())
            if (days := _days_in_common(self._stated[ours], self.theirs[theirs])) > 0
        )
        taken = set[int]()
        for _, ours, theirs in overlaps:
            if ours not in self.pairs and theirs not in taken:
                self.pairs[ours] = theirs
                taken.add(theirs)

    def findings(self, margin: Decimal) -> tuple[Finding, ...]:
        """What is said of each pair, and of each line without one."""
        about_ours = (self._finding(index, margin) for index in range(len(self.ours)))
        differing = tuple(finding for finding in about_ours if finding is not None)
        return differing + tuple(Unexpected(self.theirs[index]) for index in self._left_of_theirs())

    def _finding(self, index: int, margin: Decimal) -> Finding | None:
        ours, said = self.ours[index], self._stated[index]
        if index not in self.pairs:
            return Missing(ours)
        theirs = self.theirs[self.pairs[index]]
        if (said.starts_on, said.ends_on) != (theirs.starts_on, theirs.ends_on):
            return WrongDates(ours, theirs)
        if said.quantity != theirs.quantity:
            return WrongQuantity(ours, theirs)
        if said.amount == theirs.amount:
            return None
        near = abs(said.amount - theirs.amount) <= margin
        return RoundingOnly(ours, theirs) if near else WrongAmount(ours, theirs)

    def _left_of_ours(self) -> list[int]:
        return [index for index in range(len(self.ours)) if index not in self.pairs]

    def _left_of_theirs(self) -> list[int]:
        paired = set(self.pairs.values())
        return [index for index in range(len(self.theirs)) if index not in paired]


def _about(line: StatedLine) -> tuple[Hashable, ...]:
    """What lines must share to be the same at all. Ids are hexadecimal in both files, in capitals in some."""
    return line.subscription_id.casefold(), line.charge_type


def _days(line: StatedLine) -> tuple[Hashable, ...]:
    return (*_about(line), line.starts_on, line.ends_on)


def _but_for_the_days(line: StatedLine) -> tuple[Hashable, ...]:
    return (*_about(line), line.quantity, line.is_credit)


_EVER_LESS: tuple[Callable[[StatedLine], Hashable], ...] = (
    lambda line: (*_days(line), line.quantity, line.amount),
    lambda line: (*_days(line), line.quantity, line.is_credit),
    lambda line: (*_days(line), line.quantity),
    lambda line: (*_days(line), line.is_credit),
    lambda line: (*_but_for_the_days(line), line.starts_on),
    lambda line: (*_but_for_the_days(line), line.ends_on),
)


def _days_in_common(one: StatedLine, other: StatedLine) -> int:
    return (min(one.ends_on, other.ends_on) - max(one.starts_on, other.starts_on)).days + 1


def _named(line: StatedLine) -> str:
    return (
        f"{line.charge_type} of {line.subscription_id}, {line.starts_on} to {line.ends_on}, "
        f"{line.quantity} x {line.effective_unit_price} = {line.amount} {line.currency}"
    )
