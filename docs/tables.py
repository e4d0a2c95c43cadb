"""The table of a commerce model, as the reference prints it: drawn, in figures, and row by row as sentences."""
# ruff: noqa: INP001 - a script beside the pages it writes, not a package

from collections.abc import Callable, Iterator, Mapping

import attrs

from csp_lifecycle.lifecycle.diagram import ACTIONS, diagram, matrix
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Guard, Policy, Row, always
from csp_lifecycle.vocabulary.commands import StartTrial
from csp_lifecycle.vocabulary.names import command_name, event_name
from csp_lifecycle.vocabulary.subscription import Status
from docs.rules import linked, policies
from docs.words import listed, span, words


def _diagram(policy: Policy) -> Iterator[str]:
    yield f"```mermaid\n{diagram(policy)}\n```"


def _matrix(policy: Policy) -> Iterator[str]:
    yield matrix(policy)


def _rows(policy: Policy) -> Iterator[str]:
    if policy.on_every_update:
        asked = listed(map(_guard, policy.on_every_update))
        yield f"Every row that changes a subscription by command asks first whether {asked}.\n"
    for action in ACTIONS:
        rows = [row for row in policy.rows if row.on is action]
        if rows:
            yield f"\n**`{command_name(action)}`**\n"
            yield from map(_sentence, rows)


def _sentence(row: Row) -> str:
    status = "before the first event" if row.status is Status.NONE else f"while `{row.status.value}`"
    chosen = "" if row.when is always else f", when *{words(row.when.__name__)}*"
    recorded = " and ".join(f"`{event_name(kind)}`" for kind in row.records)
    also = "".join(f", and `{event_name(kind)}` on the other subscription" for kind in row.also)
    only_if = f", only if {listed(map(_guard, row.only_if))}" if row.only_if else ""
    return f"- {status}{chosen}, it records {recorded}{also}{only_if}."


def _guard(guard: Guard) -> str:
    return f"[{words(guard.name)}](refusals.md#{guard.reason.code})"


def _voids(policy: Policy) -> Iterator[str]:
    if not policy.voids:
        yield "Nothing waits in this model, so nothing can be lost."
        return
    yield "| when this is recorded | this is lost |\n| --- | --- |"
    for kind, slots in policy.voids.items():
        lost = " and ".join(f"`{slot}`" for slot in sorted((slot.value for slot in slots), reverse=True))
        yield f"| `{event_name(kind)}` | {lost} |"


def _figures(policy: Policy) -> Iterator[str]:
    yield "| what | how long, or how many |\n| --- | --- |"
    for window in policy.cancellation:
        plans = "" if window.plans is None else f" under {listed(sorted(f'`{plan.value}`' for plan in window.plans))}"
        yield f"| a cancellation refunds `{window.refund.value}`{plans} | for {span(window.span)} |"
    if policy.reduction is not None:
        yield f"| added seats can be given back | for {span(policy.reduction)} |"
    yield from _figures_of_statuses(policy, {row.target for row in policy.rows})
    yield f"| updates in a life | {policy.max_updates} |"
    yield f"| resellers, the initial one among them | {policy.max_resellers} |"


def _figures_of_statuses(policy: Policy, reached: set[Status]) -> Iterator[str]:
    trial, limit = policy.trial, policy.suspension.limit
    if any(row.on is StartTrial for row in policy.rows):
        yield f"| a trial | {trial.seats} seats, `{trial.length.value}` |"
        yield f"| a trial becomes | `{trial.converts_to_term.value}`, `{trial.converts_to_plan.value}` |"
    elif Status.TRIAL in reached:
        yield f"| a free trial | the seats ordered, `{trial.length.value}` |"
    if limit is not None:
        yield f"| suspended, before it is deleted | {limit.days} days |"
    if Status.EXPIRED in reached and policy.expired_for is not None:
        yield f"| expired, before it is disabled | {policy.expired_for.days} days |"
    if Status.DISABLED in reached:
        yield f"| disabled, before it is deleted | {policy.retained_for.days} days |"


def _alternatives(policy: Policy) -> Iterator[str]:
    others = [one for one in POLICIES.values() if one is not policy and one.commerce is policy.commerce]
    head = "| policy | how it reads | see | differs in |\n| --- | --- | --- | --- |"
    yield head if others else "None ship with the library."
    names = [field.name for field in attrs.fields(Policy) if field.name not in {"id", "closed"}]
    for other in others:
        changed = (words(name) for name in names if getattr(other, name) != getattr(policy, name))
        told = policies()[other.id]
        yield f"| `{other.id}` | {told['says']} | {linked(told['reading'])} | {listed(changed)} |"


TABLE_BLOCKS: Mapping[str, Callable[[Policy], Iterator[str]]] = {
    "diagram": _diagram,
    "figures": _figures,
    "matrix": _matrix,
    "voids": _voids,
    "rows": _rows,
    "alternatives": _alternatives,
}
"""What is printed of a commerce model's policy, by its name."""
