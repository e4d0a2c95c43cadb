"""The policy under which one of the golden logs was recorded; no installation has ever shipped it."""

from datetime import timedelta

import pytest
from attrs import evolve

from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.policies.terms import LotOrder, RenewalAnchor, TransferDay, UpgradeWindow, Window
from csp_lifecycle.values.calendar import MonthEnds
from csp_lifecycle.values.windows import Exactly, RefundKind
from csp_lifecycle.vocabulary.events import SeatsAdded


@pytest.fixture(scope="session")
def other() -> Policy:
    """New commerce with longer windows, a shorter tail, and the second reading of whatever has two."""
    grace = POLICIES["new-commerce.suspended-into-grace"]
    return evolve(
        grace,
        id="new-commerce.other",
        voids={event: slots for event, slots in grace.voids.items() if event is not SeatsAdded},
        cancellation=(
            Window(Exactly(timedelta(hours=48)), RefundKind.FULL),
            Window(Exactly(timedelta(days=14)), RefundKind.PRORATED),
        ),
        reduction=Exactly(timedelta(days=14)),
        expired_for=timedelta(days=10),
        disabled_for=timedelta(days=5),
        retained_for=timedelta(days=20),
        lot_order=LotOrder.NEWEST,
        month_ends=MonthEnds.DISTANCE_KEPT,
        renewal_anchor=RenewalAnchor.PURCHASE_DAY,
        transfer_first_day=TransferDay.DAY_AFTER,
        upgrade_window=UpgradeWindow.FRESH,
        term_change_window=True,
    )
