"""The commerce models side by side: what a line says of a model is read from its rows and figures."""
# ruff: noqa: INP001 - a script beside the pages it writes, not a package

from collections.abc import Callable, Iterator, Mapping

from csp_lifecycle.policies import MODELS
from csp_lifecycle.policies.guards import alignment, asker, older, running
from csp_lifecycle.policies.policy import Action, Policy, Row
from csp_lifecycle.policies.selectors import offer_has_a_free_trial
from csp_lifecycle.policies.terms import LaterCancellation, Window
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.vocabulary.subscription import Status
from docs.words import listed, span

NO = "no"
"""What stands where a model has no such thing; a question that does not arise in it has an empty cell."""


def _rows(policy: Policy, action: type[Action], status: Status | None = None) -> list[Row]:
    return [row for row in policy.rows if row.on is action and status in {None, row.status}]


def _where(policy: Policy, action: type[Action]) -> str:
    """The statuses in which a command has rows."""
    found = dict.fromkeys(f"`{row.status.value}`" for row in _rows(policy, action))
    return f"while {listed(found)}" if found else NO


def _brings(policy: Policy, action: type[Action], status: Status) -> str:
    found = dict.fromkeys(
        event_name(kind)
        for row in _rows(policy, action, status)
        for kind in row.records
        if kind is not e.RenewalStarted
    )
    return listed(f"`{name}`" for name in found) if found else "nothing"


def _asks(policy: Policy, action: type[Action], status: Status = Status.ACTIVE) -> str:
    """Who may send a command, where that is not everybody."""
    guards = [guard for row in _rows(policy, action, status) for guard in row.only_if]
    by_support = {asker.support_brings_it_back, asker.support_changes_the_plan}
    if asker.microsoft_asks in guards:
        return ", by Microsoft alone"
    return ", by support alone" if by_support & set(guards) else ""


def _is_billed_by_usage(policy: Policy) -> bool:
    return any(older.no_terms_are_named in row.only_if for row in policy.rows)


# --- the lines, in their order


def _terms(policy: Policy) -> str:
    ordered = ((length, sorted(plans, key=lambda plan: plan.months)) for length, plans in policy.terms.items())
    terms = "; ".join(f"`{length.value}`: {listed(f'`{plan.value}`' for plan in plans)}" for length, plans in ordered)
    return f"none; for a licensed part {terms}" if _is_billed_by_usage(policy) else terms


def _begins(policy: Policy) -> str:
    return listed(dict.fromkeys(f"`{row.target.value}`" for row in _rows(policy, c.Purchase)))


def _chosen_end(policy: Policy) -> str:
    return "yes" if any(alignment.end_matches_something in row.only_if for row in _rows(policy, c.Purchase)) else NO


def _seats_down(policy: Policy) -> str:
    return NO if policy.reduction is None else f"for {span(policy.reduction)}"


def _refunds(policy: Policy) -> str:
    return "; ".join(_window(window) for window in policy.cancellation) or "none"


def _window(window: Window) -> str:
    plans = "" if window.plans is None else f" ({listed(sorted(f'`{plan.value}`' for plan in window.plans))})"
    return f"`{window.refund.value}` for {span(window.span)}{plans}"


def _cancel(policy: Policy) -> str:
    rows = _rows(policy, c.Cancel, Status.ACTIVE)
    kinds = {kind for row in rows for kind in row.records}
    windowed = any(running.cancellation_window_is_open in row.only_if for row in rows)
    now = "at once, in its window" if windowed or len(kinds) > 1 else "at once, at any time"
    with_cycle = policy.later_cancellation is LaterCancellation.WITH_THE_CYCLE
    later = f"with the end of the {'charge cycle' if with_cycle else 'term'}"
    parts = ([now] if e.Canceled in kinds else []) + ([later] if e.CancellationScheduled in kinds else [])
    return ", otherwise ".join(parts)


def _cancelable(policy: Policy) -> str:
    rows = _rows(policy, c.Cancel)
    with_base = [row.status for row in rows if older.base_takes_it_along in row.only_if]
    itself = dict.fromkeys(f"`{row.status.value}`" for row in rows if row.status not in with_base)
    along = "".join(f"; an add-on while `{status.value}`, with its base" for status in with_base)
    return f"while {listed(itself)}{along}"


def _renews(policy: Policy) -> str:
    can_be_turned_off = bool(_rows(policy, c.TurnOffAutoRenew))
    renews = "by itself, unless turned off" if can_be_turned_off else "by itself, always"
    return f"{NO}; a licensed part {renews}" if _is_billed_by_usage(policy) else renews


def _reopens(policy: Policy) -> str:
    return "yes" if policy.cancellation and policy.windows_reopen else NO


def _suspend(policy: Policy) -> str:
    return "yes" + _asks(policy, c.Suspend) if _rows(policy, c.Suspend) else NO


def _suspended(policy: Policy) -> str:
    if not _rows(policy, c.Suspend):
        return ""
    suspension = policy.suspension
    charged = "charges go on" if suspension.charges_go_on else "nothing is charged"
    return f"{charged}, auto-renew {'stays as it is' if suspension.keeps_auto_renew else 'is turned off'}"


def _suspension_ends(policy: Policy) -> str:
    if not _rows(policy, c.Suspend):
        return ""
    suspension = policy.suspension
    if suspension.limit is None:
        return f"with the term: {_brings(policy, c.EndTerm, Status.SUSPENDED)}"
    at_the_latest = "" if suspension.outlives_the_term else ", or with the term"
    return f"after {suspension.limit.days} days{at_the_latest}: {_brings(policy, c.EndPhase, Status.SUSPENDED)}"


def _reactivate(policy: Policy) -> str:
    statuses = dict.fromkeys(row.status for row in _rows(policy, c.Reactivate))
    return listed(f"from `{status.value}`{_asks(policy, c.Reactivate, status)}" for status in statuses)


def _tail(policy: Policy) -> str:
    if any(row.target is Status.EXPIRED for row in policy.rows):
        if policy.expired_for is None:
            return "`expired` for good"
        return f"`expired` {policy.expired_for.days} days, `disabled` {policy.retained_for.days} days, `deleted`"
    deleted = any(row.target is Status.DELETED for row in _rows(policy, c.EndTerm, Status.ACTIVE))
    return "`deleted` at once" if deleted else ""


def _trial(policy: Policy) -> str:
    trial = policy.trial
    if _rows(policy, c.StartTrial):
        return f"{trial.seats} seats, `{trial.length.value}`"
    with_order = any(row.when is offer_has_a_free_trial for row in policy.rows)
    return f"the seats ordered, `{trial.length.value}`, where the offer has one" if with_order else NO


def _trial_ends(policy: Policy) -> str:
    return _brings(policy, c.EndTerm, Status.TRIAL) if _has_trials(policy) else ""


def _has_trials(policy: Policy) -> bool:
    return any(row.target is Status.TRIAL for row in policy.rows)


def _trial_commands(policy: Policy) -> str:
    if not _has_trials(policy):
        return ""
    said = {"converted early": c.ConvertTrial, "extended once": c.ExtendTrial, "canceled": c.Cancel}
    found = [word for word, action in said.items() if _rows(policy, action, Status.TRIAL)]
    return listed(found) if found else NO


def _schedule(policy: Policy) -> str:
    return "seats, offer, term, plan, end" if _rows(policy, c.ScheduleChange) else NO


def _plan(policy: Policy) -> str:
    queued = "queued for the next charge" if _rows(policy, c.QueueBillingPlan) else ""
    kept = any(older.term_stays_a_year in row.only_if for row in _rows(policy, c.ChangeTerm))
    what = "the plan" if kept else "the term with its plan"
    at_once = f"{what} at once, in a new term" if _rows(policy, c.ChangeTerm) else ""
    return "; ".join(filter(None, (queued, at_once + _asks(policy, c.ChangeTerm)))) or NO


def _upgrade(policy: Policy) -> str:
    rows = _rows(policy, c.Upgrade)
    forms = {"in place": (), "into a new subscription": (e.Purchased,), "into an existing one": (e.SeatsMovedIn,)}
    found = [form for form, also in forms.items() if any(row.also == also for row in rows)]
    return listed(found) if found else NO


def _follow(policy: Policy) -> str:
    return listed(f"`{event_name(kind)}`" for kind in policy.carries) if policy.carries else "nothing"


def _moves(policy: Policy) -> str:
    said = {"to new commerce": c.Migrate, "to another partner": c.Transfer}
    found = [word for word, action in said.items() if _rows(policy, action)]
    return listed(found) if found else NO


LINES: Mapping[str, Callable[[Policy], str]] = {
    "terms, and the plans they are charged by": _terms,
    "a purchase begins it as": _begins,
    "its first term can end on a chosen day": _chosen_end,
    "seats can be added": lambda policy: _where(policy, c.AddSeats),
    "seats can be given back": _seats_down,
    "a cancellation takes effect": _cancel,
    "a cancellation refunds": _refunds,
    "it can be canceled": _cancelable,
    "it renews": _renews,
    "a renewal opens its windows again": _reopens,
    "what lapses becomes": _tail,
    "it can be suspended": _suspend,
    "while it is suspended": _suspended,
    "a suspension ends": _suspension_ends,
    "it can be reactivated": _reactivate,
    "trials": _trial,
    "the end of a trial brings": _trial_ends,
    "a trial can be": _trial_commands,
    "what can be scheduled for the next term": _schedule,
    "billing plan and term can be changed": _plan,
    "upgrades": _upgrade,
    "attached add-ons follow their base when it is": _follow,
    "how it is paid can be changed": lambda policy: _where(policy, c.ChangePaymentMethod),
    "it can move": _moves,
}
"""What a line is called, and what it says of a model."""


def comparison() -> Iterator[str]:
    """A line for every question, a column for every model."""
    yield f"| | {' | '.join(f'[{model.id}]({model.id}.md)' for model in MODELS)} |"
    yield f"| --- {'| --- ' * len(MODELS)}|"
    for name, said in LINES.items():
        yield f"| {name} | {' | '.join(said(model) for model in MODELS)} |"
