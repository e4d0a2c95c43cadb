"""What is not on an invoice yet: charges that time alone will bring, and charges that are known already."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain, islice

from csp_lifecycle.billing.change import Entry
from csp_lifecycle.billing.charges import lines_by_entry
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.vocabulary.charge_line import ChargeLine, Lines


def upcoming(recorded: Iterable[Entry], coming: Iterable[Entry], policies: Mapping[str, Policy] = POLICIES) -> Lines:
    """The lines that *coming* events would add to those of the *recorded* ones.

    What comes if nothing changes is what catching up records in memory: the log of a rehearsal that was advanced,
    behind the log itself.
    """
    so_far = tuple(recorded)
    by_entry = lines_by_entry((*so_far, *coming), policies)
    return tuple(chain.from_iterable(islice(by_entry, len(so_far), None)))


def not_invoiced(lines: Iterable[ChargeLine], invoiced: Iterable[ChargeLine]) -> Lines:
    """The lines that no invoice holds, in order; a line that stands twice must be invoiced twice (R-CHARGE-06)."""
    held = Counter(invoiced)
    left: list[ChargeLine] = []
    for line in lines:
        if held[line]:
            held[line] -= 1
        else:
            left.append(line)
    return tuple(left)
