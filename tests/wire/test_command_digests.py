"""The digest of a command is stored: it is worked out in a quick way, of the very bytes that the canonical form has."""

import hashlib
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy

from csp_lifecycle.vocabulary.account import Allocation
from csp_lifecycle.vocabulary.commands import Actor, Suspend
from csp_lifecycle.vocabulary.names import COMMANDS, AnyCommand
from csp_lifecycle.vocabulary.subscription import MovedAddOn
from csp_lifecycle.wire.commands import command_digest, command_json
from csp_lifecycle.wire.text import write

# Invoices are numbered with a letter in front, which does no harm to other names.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8).map("G{}".format)
ZONES = st.sampled_from((UTC, timezone(timedelta(hours=-7)), timezone(timedelta(hours=5, minutes=45))))
MONEY = st.sampled_from(tuple(map(Decimal, ("5", "9.99", "0.0001", "1E+3", "1000000.00", "1E-4"))))
VALUES: dict[Any, SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(1, 31),
    bool: st.booleans(),
    date: st.dates(),
    datetime: st.datetimes(datetime(2, 1, 1), datetime(9990, 1, 1), timezones=ZONES),  # noqa: DTZ001 - it has a zone
    Decimal: MONEY,
    type(None): st.none(),
    tuple[str, ...]: st.lists(TEXTS, max_size=3).map(tuple),
    tuple[MovedAddOn, ...]: st.lists(
        st.builds(MovedAddOn, subscription_id=TEXTS, new_subscription_id=TEXTS, offer_id=TEXTS), max_size=2
    ).map(tuple),
    tuple[Allocation, ...]: st.lists(
        st.builds(Allocation, invoice_id=TEXTS, amount=MONEY),
        min_size=1,
        max_size=2,
        unique_by=lambda one: one.invoice_id,
    ).map(tuple),
}
ALWAYS: dict[str, SearchStrategy[Any]] = {
    "actor": st.sampled_from([actor for actor in Actor if actor is not Actor.CLOCK]),
    "currency": st.just("EUR"),
}


def values_of(kind: Any) -> SearchStrategy[Any]:
    """Values of the type of a field."""
    if kind in VALUES:
        return VALUES[kind]
    return (
        st.sampled_from(kind)
        if isinstance(kind, type) and issubclass(kind, Enum)
        else st.one_of(*map(values_of, get_args(kind)))
    )


def canonical(command: AnyCommand) -> str:
    """The digest of the canonical form."""
    return hashlib.sha256(write(command_json(command)).encode("utf-8", "surrogatepass")).hexdigest()


@pytest.mark.parametrize("name", COMMANDS)
@given(data=st.data())
def test_every_command_has_the_digest_of_its_canonical_form(name: str, data: DataObject) -> None:
    kind = COMMANDS[name]
    for _ in range(4):
        named = {
            field.name: data.draw(ALWAYS[field.name] if field.name in ALWAYS else values_of(field.type))
            for field in attrs.fields(kind)
            if field.default is attrs.NOTHING or data.draw(st.booleans())
        }
        try:
            command = kind(**named)
        except ValueError:
            continue  # not every combination of arguments makes sense
        assert command_digest(command) == canonical(command)


def test_so_has_a_command_that_no_store_could_keep() -> None:
    command = Suspend(at=datetime(2025, 1, 15, tzinfo=UTC), subscription_id="s-1", reason="\ud800")
    assert command_digest(command) == canonical(command)
