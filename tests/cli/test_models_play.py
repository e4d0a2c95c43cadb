"""A whole life of a subscription of each commerce model, played as JSON lines by the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

YEAR: dict[str, Any] = {"term": "P1Y", "plan": "monthly"}
MONTH: dict[str, Any] = YEAR | {"term": "P1M"}
WHO: dict[str, Any] = {"customer_id": "contoso", "seats": 10}


def price(amount: str, **terms: str) -> dict[str, str]:
    return {**terms, "price": amount, "currency": "EUR"}


OFFERS: list[dict[str, Any]] = [
    {
        "offer_id": "office",
        "name": "Office",
        "commerce": "legacy",
        "prices": [price("4.00", **YEAR), price("48.00", term="P1Y", plan="annual")],
        "upgrades_to": ["office-plus"],
    },
    {"offer_id": "office-plus", "name": "Office Plus", "commerce": "legacy", "prices": [price("6.00", **YEAR)]},
    {
        "offer_id": "archive",
        "name": "Archive",
        "commerce": "legacy",
        "prices": [price("1.00", **YEAR), price("12.00", term="P1Y", plan="annual")],
        "add_on_to": ["office"],
    },
    {
        "offer_id": "m365",
        "name": "Microsoft 365",
        "commerce": "new-commerce",
        "prices": [price("5.00", **YEAR), price("60.00", term="P1Y", plan="annual"), price("6.00", **MONTH)],
        "upgrades_to": ["m365-plus"],
    },
    {
        "offer_id": "m365-plus",
        "name": "Microsoft 365 Plus",
        "commerce": "new-commerce",
        "prices": [price("9.00", **YEAR)],
    },
    {
        "offer_id": "visio",
        "name": "Visio",
        "commerce": "new-commerce",
        "prices": [price("2.00", term="P1Y", plan="annual")],
    },
    {
        "offer_id": "crm",
        "name": "A publisher's CRM",
        "commerce": "marketplace-saas",
        "prices": [price("6.00", **MONTH)],
        "free_trial": True,
    },
    {
        "offer_id": "dynamics",
        "name": "Dynamics",
        "commerce": "dynamics-direct",
        "prices": [price("65.00", **YEAR), price("780.00", term="P1Y", plan="annual")],
        "new_customer_min_seats": 5,
    },
    {
        "offer_id": "dynamics-trial",
        "name": "Dynamics Trial",
        "commerce": "dynamics-direct",
        "prices": [],
        "trial": True,
        "converts_to": "dynamics",
    },
    {"offer_id": "azure", "name": "Azure", "commerce": "usage", "prices": []},
    {"offer_id": "backup", "name": "Backup", "commerce": "usage", "prices": [price("10.00", **MONTH)]},
]

Line = tuple[dict[str, Any], list[str] | str]


def say(do: str, at: str, name: str = "s-1", **keys: Any) -> dict[str, Any]:
    return {"do": do, "at": f"{at}T10:00:00Z", "subscription_id": name, **keys}


def advance(to: str, **keys: Any) -> dict[str, Any]:
    return {"do": "advance", "to": f"{to}T00:00:00Z", **keys}


SUPPORT: dict[str, Any] = {"actor": "support"}
MICROSOFT: dict[str, Any] = {"actor": "microsoft"}
TWELVE_CHARGES = ["cycle-charged"] * 11

LIVES: dict[str, list[Line]] = {
    "new-commerce": [
        (say("purchase", "2025-01-15", offer_id="m365", **WHO, **YEAR), ["purchased"]),
        (say("add-seats", "2025-01-20", seats=5), ["seats-added"]),
        (say("remove-seats", "2025-01-27", seats=2), ["seats-removed"]),
        (say("remove-seats", "2025-01-28", seats=1), "reduction-window-closed"),
        (say("cancel", "2025-01-28"), "cancellation-window-closed"),
        (
            say("upgrade", "2025-02-01", offer_id="m365-plus", seats=4, new_subscription_id="s-2"),
            ["seats-moved-out", "purchased"],
        ),
        (say("schedule-change", "2025-02-10", seats=5), ["change-scheduled"]),
        (say("suspend", "2025-02-11"), ["suspended", "waiting-changes-voided"]),
        (say("reactivate", "2025-02-12"), ["reactivated"]),
        (advance("2026-01-15", subscription_id="s-1"), [*TWELVE_CHARGES, "expired"]),
        (say("reactivate", "2026-01-20"), "not-reactivable"),
        (advance("2026-05-15", subscription_id="s-1"), ["disabled", "deleted"]),
    ],
    "legacy": [
        (say("purchase", "2025-01-15", offer_id="office", **WHO, **YEAR), ["purchased"]),
        (
            say("purchase", "2025-01-20", "a-1", offer_id="archive", base_subscription_id="s-1", **WHO, **YEAR),
            ["purchased"],
        ),
        (say("turn-off-auto-renew", "2025-01-21"), "not-supported"),
        (say("suspend", "2025-02-01"), ["suspended", "suspended"]),
        (say("reactivate", "2025-02-02", "a-1"), "base-not-active"),
        (say("reactivate", "2025-02-03"), ["reactivated", "reactivated"]),
        (say("remove-seats", "2025-02-10", seats=4), ["seats-removed"]),
        (say("change-term", "2025-02-14", term="P1Y", plan="annual"), ["term-changed", "term-changed"]),
        (advance("2026-02-14"), ["renewed", "renewed"]),
        (
            say(
                "migrate",
                "2026-04-01",
                new_subscription_id="n-1",
                offer_id="m365",
                add_ons=[{"subscription_id": "a-1", "new_subscription_id": "n-2", "offer_id": "visio"}],
            ),
            ["migrated", "purchased", "migrated", "purchased"],
        ),
        (say("rename", "2026-04-02", friendly_name="Sales"), "deleted"),
    ],
    "marketplace-saas": [
        (say("purchase", "2025-01-15", offer_id="crm", **WHO, **MONTH), ["ordered"]),
        (say("add-seats", "2025-01-16", seats=1), "not-active"),
        (say("activate", "2025-01-20", actor="publisher"), ["trial-started"]),
        (advance("2025-02-19"), ["trial-converted"]),
        (say("remove-seats", "2025-03-01", seats=4), ["seats-removed"]),
        (say("suspend", "2025-03-02"), "not-supported"),
        (say("suspend", "2025-03-02", **MICROSOFT), ["suspended"]),
        (say("reactivate", "2025-03-10", **MICROSOFT), ["reactivated"]),
        (say("cancel", "2025-03-11"), ["cancellation-scheduled"]),
        (say("turn-on-auto-renew", "2025-03-12"), ["auto-renew-turned-on"]),
        (advance("2025-03-19"), ["renewed"]),
        (say("cancel", "2025-04-01"), ["cancellation-scheduled"]),
        (advance("2025-04-19"), ["deleted"]),
    ],
    "dynamics-direct": [
        (say("start-trial", "2025-01-01", offer_id="dynamics-trial", customer_id="contoso"), ["trial-started"]),
        (say("extend-trial", "2025-01-20"), "card-required"),
        (say("extend-trial", "2025-01-20", card_on_file=True), ["trial-extended"]),
        (say("convert-trial", "2025-02-15"), ["trial-converted"]),
        (say("remove-seats", "2025-03-01", seats=20), ["seats-removed"]),
        (say("change-payment-method", "2025-03-02", method="invoice"), "support-required"),
        (say("change-term", "2025-03-03", term="P1Y", plan="annual", **SUPPORT), ["term-changed"]),
        (advance("2026-03-03", complete=False), ["renewal-started"]),
        (say("change-payment-method", "2026-03-03", method="invoice"), ["payment-method-changed"]),
        (say("complete-renewal", "2026-03-03"), ["renewed"]),
        (say("cancel", "2026-06-01", actor="customer"), ["cancellation-scheduled"]),
        (advance("2027-03-03"), ["expired"]),
        (say("reactivate", "2027-05-01"), "support-required"),
        (say("reactivate", "2027-05-01", **SUPPORT), ["reactivated"]),
    ],
    "usage": [
        (say("purchase", "2025-01-15", offer_id="azure", customer_id="contoso"), ["purchased"]),
        (say("purchase", "2025-01-15", "h-1", offer_id="backup", **WHO, **MONTH), ["purchased"]),
        (say("add-seats", "2025-01-16", "h-1", seats=1), "not-supported"),
        (say("suspend", "2025-01-20", "h-1"), ["suspended"]),
        (say("reactivate", "2025-01-21", "h-1"), ["reactivated"]),
        (advance("2025-02-15"), ["renewed"]),
        (say("suspend", "2025-03-01", reason="non-payment"), ["suspended"]),
        (say("cancel", "2025-03-02"), ["canceled"]),
        (say("cancel", "2025-03-02", "h-1"), ["canceled"]),
        (advance("2030-01-01"), []),
    ],
}
"""What is said in each line, and what is recorded; a word alone is the code of a refusal."""

ENDS = {"new-commerce": "deleted", "legacy": "deleted", "marketplace-saas": "deleted"}
ENDS |= {"dynamics-direct": "active", "usage": "deleted"}


@pytest.mark.parametrize("model", LIVES)
def test_a_whole_life_is_played(cli: Any, tmp_path: Path, model: str) -> None:
    """R-STATUS-01, R-SUSP-14, R-SUSP-15, R-CANCEL-10, R-CANCEL-15, R-USAGE-03: from purchase to end."""
    catalog = tmp_path / "models.json"
    catalog.write_text(json.dumps({"offers": OFFERS}), encoding="utf-8")
    lines = "".join(json.dumps(line) + "\n" for line, _ in LIVES[model])
    ran = cli("play", "--json", "--catalog", str(catalog), "-", lines=lines)
    answers = [
        one["refused"]["code"] if "refused" in one else [e["type"] for e in one["recorded"]] for one in ran.objects
    ]
    assert answers == [answer for _, answer in LIVES[model]]
    assert ran.status == 1
    (state,) = cli("show", "--json", "s-1").objects
    assert (state["commerce"], state["status"]) == (model, ENDS[model])
    told = [one["event"]["type"] for one in cli("log", "--json").objects]
    assert told == [kind for answer in answers if isinstance(answer, list) for kind in answer]
