"""A refusal in words: the rule, the facts, what is legal instead, and when the same would be."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from csp_lifecycle.cli.refusing import outlook_text, reason_text, refusal_text
from csp_lifecycle.errors import CommandRefusedError, Outlook, Reason

CLOSED = datetime(2026, 1, 8, tzinfo=UTC)
WINDOW = Reason(
    "cancellation-window-closed",
    "R-CANCEL-01",
    "A term can be canceled only while its cancellation window is open.",
    remedies=("turn-off-auto-renew",),
)
PLAIN = Reason("not-active", "R-STATUS-01", "The subscription is not active.")


def refused(reason: Reason = WINDOW, outlook: Outlook | None = None, **evidence: Any) -> CommandRefusedError:
    return CommandRefusedError("cancel", reason, evidence).with_look(lambda: outlook or Outlook())


def test_a_refusal_says_rule_facts_and_the_remedy_that_is_legal_now() -> None:
    assert refusal_text(refused(outlook=Outlook(allowed=("rename", "turn-off-auto-renew")), closed_at=CLOSED)) == (
        "cancel refused [cancellation-window-closed, R-CANCEL-01]: a term can be canceled only while its "
        "cancellation window is open; it closed on 2026-01-08T00:00:00Z. Instead: turn-off-auto-renew, legal now."
    )


def test_a_remedy_that_is_not_legal_now_is_not_offered() -> None:
    text = refusal_text(refused(outlook=Outlook(allowed=("rename", "suspend"))))
    assert "turn-off-auto-renew" not in text
    assert text.endswith("Legal now: rename, suspend.")


def test_where_nothing_is_legal_nothing_is_promised() -> None:
    assert refusal_text(refused(PLAIN)) == "cancel refused [not-active, R-STATUS-01]: the subscription is not active."


def test_a_refusal_says_from_when_until_when_the_same_would_be_legal() -> None:
    opens, closes = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 8, tzinfo=UTC)
    text = refusal_text(refused(PLAIN, Outlook(opens, closes)))
    assert text.endswith("The same cancel would be legal from 2027-01-01T00:00:00Z until 2027-01-08T00:00:00Z.")
    assert refusal_text(refused(PLAIN, Outlook(opens))).endswith("legal from 2027-01-01T00:00:00Z.")


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ({"status": "trial"}, "; it is trial"),
        ({"reducible_seats": 0, "reducible_until": None}, "; 0 can be removed now"),
        ({"suspension_reasons": ("unpaid", "base")}, "; suspension reasons unpaid, base"),
        ({"suspension_reasons": ()}, ""),
        ({"natural_end": date(2026, 1, 14)}, "; natural end 2026-01-14"),
        (
            {"seats": 400, "min_seats": 1, "max_seats": 300},
            "; 400 seats were asked for; at least 1 are sold; at most 300",
        ),
    ],
)
def test_evidence_is_said_in_words(evidence: dict[str, Any], said: str) -> None:
    assert reason_text(refused(PLAIN, **evidence)) == (
        f"the subscription is not active{said} [not-active, R-STATUS-01]"
    )


def test_an_outlook_alone_says_when_or_nothing() -> None:
    assert outlook_text(None, CLOSED) == ""
    assert outlook_text(CLOSED, None) == ", legal from 2026-01-08T00:00:00Z"
