"""Accounts on the command line: played beside subscriptions, and asked for documents and balances."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Say = Callable[..., str]

INVOICE = [
    "invoice_id",
    "account_id",
    "document",
    "period",
    "available_on",
    "issued_on",
    "due_on",
    "amount",
    "paid",
    "credited",
    "due",
    "currency",
    "status",
    "voided_by",
    "rebilled_as",
    "lines",
]
NOVEMBER = ("--at", "2025-11-01T00:00:00Z")


def about(do: str, at: str = "2025-10-08T00:00:00Z", account_id: str = "acc-1", **more: Any) -> str:
    return json.dumps({"do": do, "at": at, "account_id": account_id, **more}) + "\n"


OPENED = about("open-account", "2025-01-01T00:00:00Z", program="new-commerce", currency="EUR")
ISSUED = about("issue-invoice", invoice_id="G000123", period="2025-09-01")


@pytest.fixture
def bought(buy: Say) -> str:
    """A hundred seats for a year, 1000.00 on the first charge cycle."""
    return buy("2025-09-15", 100)


def test_an_invoice_is_told_as_the_contract_says(here: Any, bought: str) -> None:  # TV-INV-02, TV-INV-05, TV-INV-06
    paid = about("record-payment", payment_id="p-1", amount="100.00")
    credited = about("record-credit-note", credit_id="c-1", amount="300.00")
    ran = here("play", "--json", "FILE", lines=OPENED + bought + ISSUED + paid + credited)
    assert (ran.status, [one["recorded"][0]["type"] for one in ran.objects][2:]) == (
        0,
        ["invoice-issued", "payment-recorded", "credit-note-recorded"],
    )
    (invoice,) = here("invoice", "acc-1", "2025-09", *NOVEMBER, "--json").objects
    lines = invoice.pop("lines")
    assert [*invoice, "lines"] == INVOICE
    assert invoice == {
        "invoice_id": "G000123",
        "account_id": "acc-1",
        "document": "invoice",
        "period": {"starts_on": "2025-09-01", "ends_on": "2025-09-30"},
        "available_on": "2025-10-08",
        "issued_on": "2025-10-08",
        "due_on": "2025-12-07",
        "amount": "1000.00",
        "paid": "0.00",
        "credited": "300.00",
        "due": "700.00",
        "currency": "EUR",
        "status": "open",
        "voided_by": None,
        "rebilled_as": None,
    }
    assert lines == here("charges", "--to", "2025-09-30", "--json").objects
    (balance,) = here("balance", "acc-1", *NOVEMBER, "--json").objects
    assert list(balance.items()) == [
        ("account_id", "acc-1"),
        ("currency", "EUR"),
        ("invoiced", "1000.00"),
        ("allocated", "0.00"),
        ("credited", "300.00"),
        ("due", "700.00"),
        ("overdue", "0.00"),
        ("unallocated", "100.00"),
        ("access", True),
        ("as_of", "2025-11-01T00:00:00Z"),
    ]


def test_a_period_shows_its_void_notes_and_rebills(here: Any, bought: str) -> None:  # TV-INV-04
    void = about("void-invoice", invoice_id="G000123", void_id="G000124")
    rebill = about("rebill-invoice", invoice_id="G000123", new_invoice_id="G000125", amount="900")
    here("play", "FILE", lines=OPENED + bought + ISSUED + void + rebill)
    found = here("invoice", "acc-1", "2025-09", *NOVEMBER, "--json").objects
    assert [(one["invoice_id"], one["document"], one["amount"], one["due"], one["status"]) for one in found] == [
        ("G000123", "invoice", "1000.00", "0.00", "voided"),
        ("G000124", "void-note", "-1000.00", "0.00", "voided"),
        ("G000125", "invoice", "900.00", "900.00", "open"),
    ]
    assert (found[0]["voided_by"], found[0]["rebilled_as"]) == ("G000124", "G000125")
    assert [line["amount"] for line in found[1]["lines"]] == ["-1000.00"]


def test_a_legacy_period_is_asked_for_by_the_month_it_begins_in(here: Any) -> None:  # TV-INV-01
    opened = about("open-account", "2025-01-01T00:00:00Z", program="legacy", currency="EUR", anniversary_day=12)
    issued = about("issue-invoice", "2025-09-14T00:00:00Z", invoice_id="D1", period="2025-09-12")
    assert here("play", "FILE", lines=opened + issued).status == 0
    (invoice,) = here("invoice", "acc-1", "2025-09", "--json").objects
    assert invoice["period"] == {"starts_on": "2025-09-12", "ends_on": "2025-10-11"}
    assert (invoice["available_on"], invoice["status"], invoice["amount"]) == ("2025-09-14", "paid", "0.00")


def test_what_was_never_paid_is_overdue_today(here: Any, bought: str) -> None:  # R-CHARGE-17
    here("play", "FILE", lines=OPENED + bought + ISSUED)
    (balance,) = here("balance", "acc-1", "--json").objects
    assert balance["overdue"] == balance["due"] == "1000.00"
    (invoice,) = here("invoice", "acc-1", "2025-09", "--json").objects
    assert invoice["status"] == "overdue"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (("balance", "nobody"), "account-not-found"),
        (("balance", "s-1"), "account-not-found"),
        (("balance", "acc-1", "--at", "2024-01-01T00:00:00Z"), "account-not-found"),
        (("invoice", "nobody", "2025-09"), "account-not-found"),
        (("invoice", "acc-1", "2025-10"), "invoice-not-found"),
        (("show", "acc-1"), "subscription-not-found"),
        (("allowed", "acc-1"), "subscription-not-found"),
        (("charges", "acc-1"), "subscription-not-found"),
    ],
)
def test_what_is_not_there_is_refused(here: Any, bought: str, asked: tuple[str, ...], code: str) -> None:
    here("play", "FILE", lines=OPENED + bought + ISSUED)
    ran = here(*asked, "--json")
    assert (ran.status, ran.objects[0]["refused"]["code"]) == (1, code)


def test_a_month_that_is_none_is_wrong_usage(cli: Any) -> None:
    assert cli("invoice", "acc-1", "2025-13").status == 64


def test_a_refusal_about_an_account_has_the_shape_of_all_others(here: Any) -> None:
    early = about("issue-invoice", "2025-09-20T00:00:00Z", invoice_id="G1", period="2025-09-01")
    ran = here("play", "--json", "FILE", lines=OPENED + early)
    assert ran.status == 1
    assert ran.objects[1] == {
        "line": 2,
        "refused": {
            "code": "period-not-over",
            "rule": "R-CHARGE-04",
            "microsoft": [],
            "sentence": "A period is invoiced once all of it has gone by; in legacy, once it has begun.",
            "evidence": {"starts_on": "2025-09-01", "ends_on": "2025-09-30"},
            "retryable": False,
            "legal_from": "2025-10-01T00:00:00Z",
            "legal_until": None,
            "allowed": ["issue-invoice", "lose-access", "record-credit-note", "record-payment"],
        },
    }


def test_nonsense_in_a_line_is_in_error_alone(here: Any) -> None:
    ran = here("play", "--json", "FILE", lines=about("issue-invoice", invoice_id="X1", period="2025-09-01") + OPENED)
    assert (ran.status, ran.objects[0]["error"]["code"]) == (2, "invalid-command")
    assert "recorded" in ran.objects[1]


def test_a_preview_takes_accounts_too(here: Any, buy: Say) -> None:
    lines = OPENED + buy("2025-09-15", 100, command_id="k") + ISSUED
    preview = here("preview", "--json", "FILE", lines=lines)
    assert here("balance", "acc-1", "--json").status == 1
    assert preview.out == here("play", "--json", "FILE", lines=lines).out


def test_the_log_of_an_account_stands_in_its_envelopes(here: Any, bought: str) -> None:
    here("play", "FILE", lines=OPENED + bought + ISSUED)
    found = here("log", "acc-1", "--json").objects
    assert [(one["position"], one["version"], one["event"]["type"]) for one in found] == [
        (1, 1, "account-opened"),
        (3, 2, "invoice-issued"),
    ]
    assert [one["policy"] for one in found] == ["new-commerce", "new-commerce"]
    assert len(here("log", "--json").objects) == 3


def test_people_read_what_happened_and_what_is_owed(here: Any, bought: str) -> None:
    void = about("void-invoice", invoice_id="G000123", void_id="G000124", reason="duplicate")
    again = about("void-invoice", invoice_id="G000123", void_id="G000125")
    played = here("play", "FILE", lines=OPENED + bought + ISSUED + void + again).out
    assert "acc-1  opened for the charges of new-commerce in EUR" in played
    assert "void-invoice refused [already-void, R-CHARGE-10]" in played
    documents = here("invoice", "acc-1", "2025-09").out
    assert "void note G000124" in documents
    assert "EUR -1000.00" in documents
    balance = here("balance", "acc-1").out
    assert "EUR 0.00, on 0 valid invoices" in balance
    assert "(duplicate)" in here("log", "acc-1").out
