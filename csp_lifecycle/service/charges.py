"""What subscriptions are charged, asked of a service: so far, until an instant, and what no invoice holds yet.

What one command costs is in its answer: `lifecycle.preview(command).charges` before, `.handle(command).charges`
after, and both are the same.
"""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import chain

from attrs import frozen

from csp_lifecycle.billing.charges import charges_for
from csp_lifecycle.billing.unbilled import Unbilled
from csp_lifecycle.billing.unbilled import unbilled as unbilled_of
from csp_lifecycle.errors import StreamNotFoundError
from csp_lifecycle.service.answers import Stuck
from csp_lifecycle.service.entries import entries_of
from csp_lifecycle.service.lifecycle import Lifecycle
from csp_lifecycle.stores.store import Envelope, StreamKind
from csp_lifecycle.vocabulary.charge_line import ChargeLine, Lines
from csp_lifecycle.vocabulary.commands import Advance


@frozen
class Upcoming:
    """What will be charged if nothing changes, and where that cannot be known: no price is made up."""

    lines: Lines
    stuck: tuple[Stuck, ...]


def charges(
    lifecycle: Lifecycle, subscription_id: str | None = None, *, since: date | None = None, until: date | None = None
) -> Lines:
    """The charge lines of what is recorded, of one subscription or of all, in the order of the log.

    Args:
        lifecycle: whose log.
        subscription_id: which one; without it, all.
        since: only lines that start on this day or later.
        until: only lines that start on this day or earlier.

    Raises:
        StreamNotFoundError: there is no such subscription.
        HistoryError: stored events make no sense.
    """
    log = lifecycle.log() if subscription_id is None else _with_those_it_names(lifecycle, subscription_id)
    return tuple(
        line
        for line in charges_for(entries_of(log), lifecycle.policies)
        if subscription_id in {None, line.subscription_id}
        and (since is None or line.starts_on >= since)
        and (until is None or line.starts_on <= until)
    )


def upcoming(lifecycle: Lifecycle, until: datetime, subscription_id: str | None = None) -> Upcoming:
    """What time alone will charge up to and including *until* (aware), for one subscription or all.

    It is a preview of time going by. What is in flight stays so: it waits for its `complete-…` command.

    Raises:
        CommandRefusedError: there is no such subscription.
    """
    answer = lifecycle.preview(Advance(to=until, subscription_id=subscription_id))
    return Upcoming(answer.charges, answer.stuck)


def unbilled(lifecycle: Lifecycle, at: datetime, invoiced: Iterable[ChargeLine] = ()) -> tuple[Unbilled, ...]:
    """What is charged and stands on no invoice at *at*, and whether Partner Center shows it yet (R-CHARGE-08)."""
    return unbilled_of(charges(lifecycle), invoiced, at)


def _with_those_it_names(lifecycle: Lifecycle, subscription_id: str) -> Iterable[Envelope]:
    """A stream behind those its events name: they tell whether moved seats began a subscription or joined one."""
    own = tuple(lifecycle.log(subscription_id))
    if not own or own[0].kind is not StreamKind.SUBSCRIPTION:
        raise StreamNotFoundError(subscription_id)
    named = (getattr(envelope.event, key, None) for envelope in own for key in _NAMES)
    others = sorted({name for name in named if name is not None} - {subscription_id})
    return chain(chain.from_iterable(map(lifecycle.log, others)), own)


_NAMES = ("other_subscription_id", "into_subscription_id")
