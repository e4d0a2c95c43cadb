"""The account's unions hold together: every command is decided, every event is folded, and every refusal explained."""

import re
from typing import get_args

import pytest

from csp_lifecycle.billing import account_reasons
from csp_lifecycle.billing.account_decisions import DECISIONS
from csp_lifecycle.billing.account_history import CASES
from csp_lifecycle.billing.account_outlook import POSSIBLE
from csp_lifecycle.cli.account_sentences import ACCOUNT_MARKS, ACCOUNT_SENTENCES
from csp_lifecycle.errors import Reason
from csp_lifecycle.vocabulary.account_commands import AccountCommand, IssueInvoice, OpenAccount
from csp_lifecycle.vocabulary.account_events import AccountEvent, AccountOpened
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.names import COMMANDS, EVENTS

ASKED, RECORDED = frozenset(get_args(AccountCommand)), frozenset(get_args(AccountEvent))
REASONS = {name: value for name, value in vars(account_reasons).items() if isinstance(value, Reason)}
RULE = re.compile(r"(R-[A-Z]+|AMB|D)-\d\d")


def test_every_command_about_an_account_is_decided() -> None:
    assert set(DECISIONS) == ASKED - {OpenAccount, IssueInvoice}
    assert set(POSSIBLE) == ASKED - {OpenAccount}


def test_every_event_of_an_account_is_folded_and_told() -> None:
    assert set(CASES) == RECORDED - {AccountOpened}
    assert set(ACCOUNT_SENTENCES) == RECORDED
    assert set(ACCOUNT_MARKS) <= RECORDED


def test_the_unions_share_no_name() -> None:
    assert len(COMMANDS) == len(ASKED) + len(get_args(Command)) + len((Advance,))
    assert len(EVENTS) == len(RECORDED) + len(get_args(Event))


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
def test_every_refusal_about_an_account_can_explain_itself(reason: Reason) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", reason.code)
    assert RULE.fullmatch(reason.rule)
    assert reason.sentence.endswith(".")
    assert set(reason.remedies) <= set(COMMANDS)
