"""From a short list of reasons to a closed cell for every status and command without a row."""

from collections.abc import Iterable, Mapping

from csp_lifecycle.errors import Reason
from csp_lifecycle.policies.policy import Action, Closed, Row
from csp_lifecycle.vocabulary.subscription import Status

Cells = Mapping[Reason, tuple[type[Action], ...]]
"""Commands that are closed for one reason."""

ByStatus = Mapping[Status, tuple[Reason, tuple[Cells, ...]]]
"""For every status: what its closed cells say where nothing else is written, and the cells that say otherwise."""

Special = Mapping[tuple[Status, type[Action]], Closed]
"""Cells that say more than one reason."""

ClosedCells = dict[Status | tuple[Status, type[Action]], Closed]


def closed_cells(rows: Iterable[Row], by_status: ByStatus, special: Special | None = None) -> ClosedCells:
    """The closed cells of a policy; where a row stands, no cell is closed."""
    open_cells = {(row.status, row.on) for row in rows}
    closed: ClosedCells = {}
    for status, (default, groups) in by_status.items():
        closed[status] = Closed(default)
        cells = ((reason, action) for group in groups for reason, actions in group.items() for action in actions)
        closed |= {(status, action): Closed(reason) for reason, action in cells if (status, action) not in open_cells}
    return closed | dict(special or {})
