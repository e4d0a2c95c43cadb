"""Commands about accounts as JSON: what a line alone tells to be nonsense is named."""

from typing import Any

import pytest

from csp_lifecycle.errors import InvalidCommandError
from csp_lifecycle.vocabulary.account import Allocation
from csp_lifecycle.wire.commands import command_json, command_of

AT = {"at": "2025-10-08T00:00:00Z", "account_id": "acc-1"}
PART = {"invoice_id": "G1", "amount": "5.00"}
LINES: dict[str, dict[str, Any]] = {
    "open-account": AT | {"program": "legacy", "currency": "EUR", "anniversary_day": 12},
    "issue-invoice": AT | {"invoice_id": "G1", "period": "2025-09-01", "po_number": "PO", "address": "here"},
    "void-invoice": AT | {"invoice_id": "G1", "void_id": "G2", "reason": "wrong"},
    "rebill-invoice": AT | {"invoice_id": "G1", "new_invoice_id": "G3", "amount": "9.00"},
    "record-payment": AT | {"payment_id": "p", "amount": "10.00", "allocations": [PART]},
    "allocate-payment": AT | {"payment_id": "p", "allocations": [PART]},
    "record-credit-note": AT | {"credit_id": "c", "amount": "10.00", "allocations": []},
    "lose-access": AT | {"reason": "unpaid", "actor": "microsoft"},
    "regain-access": AT | {"expected_version": 3, "command_id": "k"},
}


@pytest.mark.parametrize("do", LINES)
def test_a_command_about_an_account_reads_back_as_it_was_written(do: str) -> None:
    assert command_json(command_of({"do": do, **LINES[do]})) == {"do": do, **LINES[do]}


@pytest.mark.parametrize(
    ("do", "change", "said"),
    [
        ("open-account", {"account_id": ""}, "account_id must not be empty"),
        ("open-account", {"subscription_id": "s-1"}, "unknown key 'subscription_id'"),
        ("open-account", {"program": "marketplace"}, "program must be one of legacy, new-commerce"),
        ("open-account", {"program": "new-commerce"}, "anniversary_day is legacy's"),
        ("open-account", {"currency": "eur"}, "currency must be three capital letters"),
        ("open-account", {"currency": None}, "currency must be a string"),
        ("open-account", {"anniversary_day": 32}, "anniversary_day must be a day of a month"),
        ("open-account", {"anniversary_day": 0}, "anniversary_day must be a day of a month"),
        ("open-account", {"anniversary_day": True}, "anniversary_day"),
        ("issue-invoice", {"invoice_id": "X1"}, "invoice_id must begin with D in legacy and with G"),
        ("issue-invoice", {"invoice_id": 7}, "invoice_id must be a string"),
        ("issue-invoice", {"period": "2025-09"}, "period must be a day"),
        ("issue-invoice", {"at": "2025-10-08"}, "at must be an RFC 3339 instant"),
        ("issue-invoice", {"actor": "clock"}, "actor must be partner"),
        ("rebill-invoice", {"new_invoice_id": "V1"}, "new_invoice_id must begin with D"),
        ("rebill-invoice", {"amount": "0"}, "amount must be above 0"),
        ("record-payment", {"amount": 10}, "amount must be a decimal string"),
        ("record-payment", {"amount": 10.5}, "amount must be a decimal string"),
        ("record-payment", {"amount": "-1.00"}, "amount must be above 0"),
        ("record-payment", {"amount": "1" + "0" * 15}, "amount must be above 0"),
        ("record-payment", {"amount": "1.00001"}, "at most 4 decimals"),
        ("record-payment", {"currency": "EUR"}, "unknown key 'currency'"),
        ("record-payment", {"allocations": [PART, PART]}, "'G1' stands there twice"),
        ("record-payment", {"allocations": [PART | {"amount": "0"}]}, "amount must be above 0"),
        ("record-payment", {"allocations": [{"invoice_id": "G1"}]}, "amount is missing"),
        ("record-payment", {"allocations": "G1"}, "allocations must be a list"),
        ("allocate-payment", {"allocations": []}, "allocations must name at least one invoice"),
        ("record-credit-note", {"allocations": [PART, PART]}, "stands there twice"),
        ("lose-access", {"reason": ""}, "reason must not be empty"),
    ],
)
def test_nonsense_is_named_with_its_field(do: str, change: dict[str, Any], said: str) -> None:
    # R-CHARGE-01, R-CHARGE-14, R-CHARGE-22
    with pytest.raises(InvalidCommandError, match=said.replace("'", ".")):
        command_of({"do": do, **LINES[do], **change})


@pytest.mark.parametrize("do", LINES)
def test_a_command_about_an_account_names_it_and_its_instant(do: str) -> None:
    for name in ("at", "account_id"):
        with pytest.raises(InvalidCommandError, match=f"{name} is missing"):
            command_of({"do": do, **{key: value for key, value in LINES[do].items() if key != name}})


def test_an_absent_key_and_a_null_mean_the_same() -> None:
    absent = {"do": "record-credit-note", **AT, "credit_id": "c", "amount": "10.00"}
    assert command_of(absent | {"allocations": None, "actor": None}) == command_of(absent)


def test_a_float_is_no_amount_in_python_either() -> None:  # R-PRORATE-13
    with pytest.raises(TypeError, match="must be a Decimal"):
        Allocation(invoice_id="G1", amount=0.1)  # type: ignore[arg-type]
