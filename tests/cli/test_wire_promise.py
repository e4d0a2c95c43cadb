"""The JSON contract, end to end: whole objects, as a billing service in another language reads them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Say = Callable[..., str]

STATE = {
    "subscription_id": "s-1",
    "customer_id": "contoso",
    "offer_id": "m365-business-standard",
    "commerce": "new-commerce",
    "policy": "new-commerce",
    "status": "active",
    "seats": 25,
    "term": {"length": "P1Y", "starts_at": "2025-01-15T10:00:00Z", "ends_on": "2026-01-14"},
    "plan": "monthly",
    "charge_cycle": {"starts_on": "2025-03-15", "ends_on": "2025-04-14"},
    "unit_price": "10.00",
    "currency": "EUR",
    "auto_renew": True,
    "cancellation_scheduled": False,
    "scheduled_change": None,
    "queued_plan": None,
    "in_flight": None,
    "cancellable_until": None,
    "refunds": [],
    "seat_lots": [{"seats": 5, "reducible_until": "2025-03-27T09:00:00Z"}],
    "reducible_seats": 5,
    "base_subscription_id": None,
    "suspension_reasons": [],
    "phase": None,
    "end_reason": None,
    "friendly_name": None,
    "next_due_at": "2025-04-15T00:00:00Z",
    "version": 7,
    "as_of": "2025-03-20T10:00:00Z",
}
ENVELOPE = ["position", "version", "event_id", "recorded_at", "command_id", "actor", "policy", "schema", "event"]
REFUSAL = [
    "code",
    "rule",
    "microsoft",
    "sentence",
    "evidence",
    "retryable",
    "legal_from",
    "legal_until",
    "allowed",
]


@pytest.fixture
def history(say: Say, buy: Say) -> str:
    """Seven events: a purchase, two schedules, two charges that time brings, more seats, and what they void."""
    return (
        buy(seats=20)
        + say("schedule-change", "2025-02-01", seats=8)
        + say("schedule-change", "2025-02-02", seats=9)
        + say("add-seats", "2025-03-20T09:00:00Z", seats=5, command_id="five-more", actor="customer")
    )


def test_a_state_is_the_contracts_object_key_by_key(cli: Any, history: str) -> None:
    played = cli("play", "--json", "-", lines=history)
    shown = cli("show", "--json", "s-1", "--at", "2025-03-20T10:00:00Z")
    assert (played.status, shown.status) == (0, 0)
    assert shown.objects == [STATE]
    assert list(shown.objects[0]) == list(STATE)


def test_an_open_window_lists_its_refunds_with_the_earliest_deadline_first(cli: Any, history: str) -> None:
    cli("play", "--json", "-", lines=history)
    (state,) = cli("show", "--json", "s-1", "--at", "2025-01-15T10:00:00Z").objects
    assert state["cancellable_until"] == "2025-01-22T10:00:00Z"
    assert state["refunds"] == [
        {"kind": "full", "until": "2025-01-16T10:00:00Z"},
        {"kind": "prorated", "until": "2025-01-22T10:00:00Z"},
    ]


def test_a_line_of_play_lists_the_bare_events_it_recorded(cli: Any, history: str) -> None:
    lines = cli("play", "--json", "-", lines=history).objects
    assert [list(line) for line in lines] == [["line", "recorded"]] * 4
    assert lines[3] == {
        "line": 4,
        "recorded": [
            {
                "type": "cycle-charged",
                "at": "2025-02-15T00:00:00Z",
                "subscription_id": "s-1",
                "charge_cycle": {"starts_on": "2025-02-15", "ends_on": "2025-03-14"},
                "plan": None,
                "unit_price": None,
            },
            {
                "type": "cycle-charged",
                "at": "2025-03-15T00:00:00Z",
                "subscription_id": "s-1",
                "charge_cycle": {"starts_on": "2025-03-15", "ends_on": "2025-04-14"},
                "plan": None,
                "unit_price": None,
            },
            {
                "type": "seats-added",
                "at": "2025-03-20T09:00:00Z",
                "subscription_id": "s-1",
                "seats": 5,
                "seats_after": 25,
                "seat_lots": [{"seats": 5, "reducible_until": "2025-03-27T09:00:00Z"}],
            },
            {
                "type": "waiting-changes-voided",
                "at": "2025-03-20T09:00:00Z",
                "subscription_id": "s-1",
                "slots": ["next-term"],
                "because": "seats-added",
                "scheduled_change": {"offer_id": None, "seats": 9, "term": None, "plan": None, "ends_on": None},
                "plan": None,
            },
        ],
    }


def test_a_refusal_is_the_contracts_object_key_by_key(cli: Any, buy: Say, say: Say) -> None:
    ran = cli("play", "--json", "-", lines=buy() + say("cancel", "2025-03-20"))
    assert ran.status == 1
    refused = ran.objects[1]
    assert list(refused["refused"]) == REFUSAL
    assert refused == {
        "line": 2,
        "refused": {
            "code": "cancellation-window-closed",
            "rule": "R-CANCEL-01",
            "microsoft": ["900117"],
            "sentence": "A term can be canceled only while its cancellation window is open.",
            "evidence": {"closed_at": "2025-01-22T10:00:00Z"},
            "retryable": False,
            "legal_from": "2026-01-15T00:00:00Z",
            "legal_until": "2026-01-22T00:00:00Z",
            "allowed": [
                "add-seats",
                "rename",
                "schedule-change",
                "suspend",
                "transfer",
                "turn-off-auto-renew",
                "upgrade",
            ],
        },
    }


def test_an_error_names_what_is_wrong_with_the_line(cli: Any, say: Say) -> None:
    ran = cli("play", "--json", "-", lines=say("suspend", "2025-01-15T10:00:00"))
    assert ran.status == 2
    assert list(ran.objects[0]["error"]) == ["code", "sentence"]
    assert ran.objects[0]["error"]["code"] == "invalid-command"
    assert "at must say its time zone" in ran.objects[0]["error"]["sentence"]


def test_an_envelope_has_the_contracts_keys_in_their_order(cli: Any, history: str) -> None:
    cli("play", "--json", "-", lines=history)
    envelopes = cli("log", "--json", "s-1").objects
    assert [list(envelope)[: len(ENVELOPE)] for envelope in envelopes] == [ENVELOPE] * 7
    first, *others = [list(envelope)[len(ENVELOPE) :] for envelope in envelopes]
    assert first == ["command_digest", "salt", "digest", "log_digest"]
    assert others == [["command_digest", "digest", "log_digest"]] * 6
    assert [(one["position"], one["version"]) for one in envelopes] == [(n, n) for n in range(1, 8)]
    assert {one["policy"] for one in envelopes} == {"new-commerce"}
    assert {one["schema"] for one in envelopes} == {1}


def test_the_log_tells_who_asked_and_what_time_alone_brought(cli: Any, history: str) -> None:
    cli("play", "--json", "-", lines=history)
    told = [(one["event"]["type"], one["actor"], one["command_id"]) for one in cli("log", "--json").objects]
    assert [(kind, actor) for kind, actor, _ in told] == [
        ("purchased", "partner"),
        ("change-scheduled", "partner"),
        ("change-scheduled", "partner"),
        ("cycle-charged", "clock"),
        ("cycle-charged", "clock"),
        ("seats-added", "customer"),
        ("waiting-changes-voided", "customer"),
    ]
    assert [command_id for _, _, command_id in told[4:]] == ["five-more"] * 3


def test_what_is_due_is_an_instant_an_id_and_an_event_type(cli: Any, history: str) -> None:
    cli("play", "--json", "-", lines=history)
    ran = cli("due", "--json", "--until", "2025-05-15T00:00:00Z")
    assert ran.objects == [
        {"at": "2025-04-15T00:00:00Z", "subscription_id": "s-1", "what": "cycle-charged"},
        {"at": "2025-05-15T00:00:00Z", "subscription_id": "s-1", "what": "cycle-charged"},
    ]


def test_advance_answers_with_what_it_recorded_and_what_is_stuck(cli: Any, history: str) -> None:
    cli("play", "--json", "-", lines=history)
    (answer,) = cli("advance", "--json", "2025-04-15T00:00:00Z").objects
    assert list(answer) == ["recorded", "stuck"]
    assert [event["charge_cycle"] for event in answer["recorded"]] == [
        {"starts_on": "2025-04-15", "ends_on": "2025-05-14"}
    ]
    assert answer["stuck"] == []


def test_every_command_is_told_legal_or_why_not(cli: Any, history: str) -> None:
    cli("play", "--json", "-", lines=history)
    options = {one["do"]: one for one in cli("allowed", "--json", "s-1", "--at", "2025-03-20T10:00:00Z").objects}
    assert options["remove-seats"] == {
        "do": "remove-seats",
        "legal": True,
        "legal_from": "2025-03-20T10:00:00Z",
        "legal_until": "2025-03-27T09:00:00Z",
        "refused": None,
    }
    assert options["cancel"] == {
        "do": "cancel",
        "legal": False,
        "legal_from": "2026-01-15T00:00:00Z",
        "legal_until": "2026-01-22T00:00:00Z",
        "refused": {
            "code": "cancellation-window-closed",
            "rule": "R-CANCEL-01",
            "microsoft": ["900117"],
            "sentence": "A term can be canceled only while its cancellation window is open.",
            "evidence": {"closed_at": "2025-01-22T10:00:00Z"},
            "retryable": False,
        },
    }


def test_a_question_about_nothing_is_refused_with_the_contracts_code(cli: Any) -> None:
    for arguments in (("show", "nope"), ("log", "nope"), ("allowed", "nope"), ("upgrade-targets", "nope")):
        ran = cli(arguments[0], "--json", *arguments[1:])
        assert ran.status == 1
        assert list(ran.objects[0]["refused"]) == REFUSAL
        assert ran.objects[0]["refused"]["code"] == "subscription-not-found"


def test_custom_ends_are_days_with_what_they_align_to_or_why_not(cli: Any, history: str) -> None:
    cli("play", "--json", "-", lines=history)
    arguments = ("contoso", "m365-business-standard", "P1M", "--at", "2025-07-15T00:00:00Z")
    assert cli("custom-ends", "--json", *arguments).objects == [
        {"ends_on": "2025-07-31", "legal": True, "align": "calendar-month", "refused": None},
        {
            "ends_on": "2026-01-14",
            "legal": False,
            "align": "s-1",
            "refused": {
                "code": "custom-end-out-of-term",
                "rule": "R-COTERM-05",
                "microsoft": ["900245", "900291"],
                "sentence": (
                    "A chosen end must lie inside the term: not before its first day, not after its natural end."
                ),
                "evidence": {"ends_on": "2026-01-14", "natural_end": "2025-08-14"},
                "retryable": False,
            },
        },
    ]


def test_upgrade_targets_are_offers_and_subscriptions_or_why_not(cli: Any, history: str, buy: Say) -> None:
    cli("play", "--json", "-", lines=history + buy("2025-03-20", subscription_id="s-2"))
    targets = cli("upgrade-targets", "--json", "s-1", "--at", "2025-03-21T00:00:00Z").objects
    assert [list(one) for one in targets] == [["offer_id", "subscription_id", "legal", "refused"]] * len(targets)
    assert [
        (one["offer_id"], one["subscription_id"], one["legal"], one["refused"] and one["refused"]["code"])
        for one in targets
    ] == [
        ("m365-business-premium", None, True, None),
        ("m365-business-standard", "s-2", False, "upgrade-path-unsupported"),
    ]


def test_a_question_about_an_offer_that_is_not_there_is_refused(cli: Any) -> None:
    ran = cli("custom-ends", "--json", "contoso", "nope", "P1M")
    assert ran.status == 1
    assert list(ran.objects[0]["refused"]) == REFUSAL
    assert ran.objects[0]["refused"]["code"] == "offer-not-found"


def test_a_trial_shows_its_default_conversion_and_no_money(cli: Any, say: Say) -> None:  # R-SCHED-04
    offer = {"customer_id": "contoso", "offer_id": "m365-business-standard-trial"}
    cli("play", "--json", "-", lines=say("start-trial", "2025-01-15", **offer))
    (state,) = cli("show", "--json", "s-1", "--at", "2025-01-20T00:00:00Z").objects
    assert list(state) == list(STATE)
    assert state["status"] == "trial"
    assert state["term"] == {"length": "P30D", "starts_at": "2025-01-15T10:00:00Z", "ends_on": "2025-02-13"}
    assert [state[name] for name in ("plan", "charge_cycle", "unit_price")] == [None] * 3
    assert state["scheduled_change"] == {
        "offer_id": "m365-business-standard",
        "seats": 25,
        "term": "P1Y",
        "plan": "monthly",
        "ends_on": None,
        "default": True,
    }


def test_json_is_utf_8_whatever_the_terminal_is(cli: Any, buy: Say) -> None:
    lines = buy(friendly_name="Küche, 東京")
    ran = cli("play", "--json", "-", lines=lines, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ran.status == 0
    assert json.loads(ran.out)["recorded"][0]["friendly_name"] == "Küche, 東京"
