"""Digests are chained over streams and over the log, and personal fields are in them only as commitments."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from csp_lifecycle.stores.chain import (
    COMMAND,
    body_text,
    chained,
    commitment,
    commitments_of,
    digest_of,
    log_digest_of,
    new_salt,
    personal_fields,
    salts_left,
    with_values,
)
from csp_lifecycle.stores.store import Envelope
from csp_lifecycle.vocabulary.commands import Actor
from csp_lifecycle.wire.converter import instant_text
from csp_lifecycle.wire.events import event_of
from csp_lifecycle.wire.text import parse_object, write

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SALT = "00112233445566778899aabbccddeeff"
NAMES = st.text(min_size=1)


def envelope(version: int = 1, stream: str = "s-1", **more: Any) -> Envelope:
    body = {"type": "seats-counted", "at": "2030-01-01T12:00:00Z", "subscription_id": stream, **more}
    return Envelope(
        version=version,
        event_id=f"e-{version}",
        recorded_at=NOON,
        command_id="c-1",
        actor=Actor.PARTNER,
        policy="new-commerce",
        schema=7,
        event=event_of(body, 7),
        command_digest="ab" * 32,
    )


def by_definition(one: Envelope, previous: str) -> str:
    """The digest as it is defined, with nothing but the standard library's JSON."""
    text, fields = body_text(one), dict[str, str]()
    if '"customer_id":"' in text or '"friendly_name":"' in text:
        body = parse_object(text)
        fields = personal_fields(body)
        text = write(with_values(body, dict.fromkeys(fields)))
    commitments = commitments_of(one)
    head = [previous, one.stream, one.version, one.event_id, instant_text(one.recorded_at), one.command_id]
    head += ["" if COMMAND in commitments and COMMAND not in one.redacted else one.command_digest]
    head += [one.actor.value, one.policy, one.schema, commitments, unused_salt(one, fields)]
    return hashlib.sha256(f"{write(head)}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


def unused_salt(one: Envelope, fields: Iterable[str]) -> str:
    """The salt, unless all that is left of it is needed by what is not redacted."""
    needed = {COMMAND, *fields} - one.redacted.keys()
    salted = needed if one.salt else set[str]()
    if one.salt.startswith("{"):
        try:
            salted = set(parse_object(one.salt))
        except ValueError:
            salted = set()
    return "" if needed and salted == needed else one.salt


def salted(*envelopes: Envelope) -> tuple[Envelope, ...]:
    return chained(envelopes, {}, salt=lambda: SALT)


@pytest.fixture
def sold() -> Envelope:
    """An event with two customers, one of them named in lines, and a name of its own."""
    lines = [{"customer_id": "contoso"}, {"customer_id": "fabrikam", "friendly_name": None}]
    (one,) = salted(envelope(customer_id="contoso", friendly_name="Sales", lines=lines))
    return one


def redacted(sold: Envelope, *paths: str) -> Envelope:
    """The event as a redaction leaves it."""
    gone = frozenset(paths)
    body = with_values(parse_object(sold.body), dict.fromkeys(gone - {COMMAND}, "somebody"))
    return evolve(
        sold,
        event=event_of(body, sold.schema),
        body=write(body),
        salt=salts_left(sold, gone),
        redacted={path: one for path, one in commitments_of(sold).items() if path in gone},
        command_digest="" if COMMAND in gone else sold.command_digest,
    )


# What may become of one field. None of them may leave the digest as it was.
CHANGES: Sequence[Callable[[Envelope], Envelope]] = (
    lambda one: evolve(one, version=one.version + 1),
    lambda one: evolve(one, event_id=one.event_id + "x"),
    lambda one: evolve(one, recorded_at=one.recorded_at + timedelta(microseconds=1)),
    lambda one: evolve(one, command_id="c-2"),
    lambda one: evolve(one, command_digest="cd" * 32),
    lambda one: evolve(one, actor=Actor.CLOCK),
    lambda one: evolve(one, policy="legacy"),
    lambda one: evolve(one, schema=8),
    lambda one: evolve(one, salt="" if one.salt else SALT),
    lambda one: evolve(one, salt=one.salt.replace("0", "1") if one.salt else "{}"),
    lambda one: evolve(one, redacted={**one.redacted, "/nowhere": "ab" * 32}),
    lambda one: evolve(one, redacted={**one.redacted, COMMAND: "ab" * 32}),
    lambda one: evolve(one, body=one.body.replace("s-1", "s-2")),
)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("more", [{}, {"customer_id": "contoso"}, {"friendly_name": "Sales"}])
def test_every_changed_field_gives_another_digest(change: Callable[[Envelope], Envelope], more: dict[str, Any]) -> None:
    (one,) = salted(envelope(**more))
    assert digest_of(one, "") == one.digest
    assert digest_of(change(one), "") != one.digest
    assert digest_of(one, "ab" * 32) != one.digest


ANY_TEXT = st.text(st.characters(exclude_categories=()))
KEYS = st.one_of(st.sampled_from(("customer_id", "friendly_name", 'x"customer_id', "lines", "a/b~c")), ANY_TEXT)
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, ANY_TEXT),
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(KEYS, below, max_size=4)),
    max_leaves=12,
)
SALTS = st.sampled_from(("", SALT, "{", "{}", '{"command_digest":"ab"}', '{"/customer_id":"ab","command_digest":"cd"}'))
REDACTED = st.dictionaries(st.sampled_from((COMMAND, "/customer_id", "/friendly_name", "/x")), st.just("ab" * 32))


@given(st.dictionaries(KEYS, ANYTHING, max_size=6), SALTS, REDACTED, ANY_TEXT, ANY_TEXT, st.data())
def test_a_digest_is_what_it_is_defined_to_be(
    more: dict[str, Any], salt: str, redacted: dict[str, str], name: str, previous: str, data: st.DataObject
) -> None:
    """Of any body and any text: personal fields, numbers of any size, and half surrogate pairs."""
    at = data.draw(st.datetimes(timezones=st.sampled_from((UTC, timezone(timedelta(hours=-3))))))
    one = evolve(envelope(**more), event_id=name, policy=name[::-1], salt=salt, redacted=redacted, recorded_at=at)
    assert digest_of(one, previous) == by_definition(one, previous)


@given(
    st.dictionaries(KEYS, ANYTHING, min_size=1, max_size=6), st.integers(0), st.sampled_from(('"', " ", "1", "\\", ""))
)
def test_a_body_in_other_letters_has_the_digest_that_it_is_defined_to_have(
    more: dict[str, Any], place: int, sign: str
) -> None:
    one = envelope(**more)
    text = body_text(one)
    place %= len(text)
    one = evolve(one, body=text[:place] + sign + text[place + 1 :])
    try:
        wanted = by_definition(one, "")
    except ValueError:
        with pytest.raises(ValueError, match=r"JSON|twice"):
            digest_of(one, "")
    else:
        assert digest_of(one, "") == wanted


@pytest.mark.parametrize(
    "body",
    [
        '{"friendly_name":"a","friendly_name":"b"}',
        '{"x":1,"x":2,"friendly_name":"a"}',
        '{"friendly_name":"a","x":' + "[" * 70 + "]" * 70 + "}",
        '{"friendly_name":"a","x":NaN}',
        '[{"friendly_name":"a"}]',
    ],
    ids=["doubled", "another doubled", "deep", "NaN", "no object"],
)
def test_a_body_with_personal_fields_that_cannot_be_read_in_one_way_has_no_digest(body: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|twice"):
        digest_of(evolve(envelope(), body=body), "")


@given(st.dictionaries(NAMES, st.one_of(st.none(), st.integers(), NAMES)), NAMES, NAMES)
def test_every_changed_key_of_a_body_gives_another_digest(more: dict[str, Any], key: str, value: str) -> None:
    one, other = envelope(**more), envelope(**{**more, key: value})
    assume(body_text(one) != body_text(other))
    first, second = salted(one)[0], salted(other)[0]
    assert first.digest != second.digest


def test_the_place_in_the_log_is_in_its_own_chain_only() -> None:
    (one,) = salted(envelope())
    assert digest_of(evolve(one, position=7, log_digest="ab" * 32), "") == one.digest
    digests = {log_digest_of("", 1, one.digest), log_digest_of("", 2, one.digest), log_digest_of("x", 1, one.digest)}
    assert len(digests) == 3


def test_each_stream_of_a_commit_goes_on_from_its_own_head() -> None:
    made = chained([envelope(4), envelope(1, "s-2"), envelope(5)], {"s-1": "ab" * 32})
    assert [one.digest for one in made] == [
        digest_of(made[0], "ab" * 32),
        digest_of(made[1], ""),
        digest_of(made[2], made[0].digest),
    ]


def test_in_a_commit_with_personal_fields_every_event_commits_to_the_commands_digest() -> None:
    plain, named = chained([envelope(), envelope(2, friendly_name="Sales")], {})
    assert plain.salt != named.salt
    assert len(plain.salt) == len(new_salt()) == 32
    assert list(commitments_of(plain)) == [COMMAND]
    assert list(commitments_of(named)) == ["/friendly_name", COMMAND]
    assert commitments_of(chained([envelope()], {})[0]) == {}


def test_a_salt_that_is_there_is_kept() -> None:
    one = evolve(envelope(customer_id="contoso"), salt=SALT)
    assert chained([one], {})[0] == salted(one)[0]


def test_personal_fields_are_found_wherever_they_stand_and_a_null_is_none() -> None:
    body = {"friendly_name": None, "a/b~c": [{"customer_id": "x"}], "customer_id": {"friendly_name": "y"}}
    assert personal_fields(body) == {"/a~1b~0c/0/customer_id": "x", "/customer_id/friendly_name": "y"}
    assert with_values(body, {"/a~1b~0c/0/customer_id": "z"})["a/b~c"] == [{"customer_id": "z"}]


@pytest.mark.parametrize(
    "paths",
    [
        {"/customer_id", "/lines/0/customer_id", "/friendly_name", COMMAND},
        {"/customer_id", "/lines/0/customer_id", "/lines/1/customer_id", "/friendly_name", COMMAND},
        {"/lines/1/customer_id"},
    ],
)
def test_a_redaction_leaves_the_digest_as_it_is(sold: Envelope, paths: set[str]) -> None:
    after = redacted(sold, *paths)
    assert digest_of(after, "") == sold.digest
    for change in CHANGES:
        assert digest_of(change(after), "") != sold.digest


def test_a_second_redaction_of_an_event_leaves_the_digest_as_it_is_too(sold: Envelope) -> None:
    first = redacted(sold, "/customer_id", "/lines/0/customer_id", "/friendly_name", COMMAND)
    body = with_values(parse_object(first.body), {"/lines/1/customer_id": "somebody else"})
    second = evolve(
        first,
        body=write(body),
        salt=salts_left(first, frozenset({"/lines/1/customer_id"})),
        redacted=commitments_of(first),
    )
    assert second.salt == ""
    assert digest_of(second, "") == sold.digest


@given(NAMES)
def test_what_a_redaction_leaves_does_not_tell_whether_a_guess_is_right(guess: str) -> None:
    (before,) = salted(envelope(lines=[{"customer_id": guess}, {"customer_id": "fabrikam"}]))
    after = redacted(before, "/lines/0/customer_id", COMMAND)
    salts = {"", after.salt, *parse_object(after.salt).values()}
    known = {commitment(salt, path) for salt in salts for path in ("/lines/0/customer_id", COMMAND)}
    assert commitment(commitment(SALT, "/lines/0/customer_id"), guess) == after.redacted["/lines/0/customer_id"]
    assert {commitment(salt, guess) for salt in salts | known}.isdisjoint(after.redacted.values())


def test_what_is_left_unreadable_of_a_salt_is_seen(sold: Envelope) -> None:
    after = redacted(sold, "/customer_id", COMMAND)
    for salt in ("{", '{"a":', after.salt[:-1] + ',"/more":"00"}', "{}"):
        assert digest_of(evolve(after, salt=salt), "") != sold.digest


def test_the_digests_are_the_same_in_every_version_of_the_library(sold: Envelope) -> None:
    assert [sold.digest, log_digest_of("", 1, sold.digest), salted(envelope())[0].digest] == DIGESTS


DIGESTS = [
    "ce901f271a094a5b3fff2e3b52b85004f331b1c56a46a8459c89a9656db124c4",
    "f83e2ac232f0640983f03f0da9c74a4476f9a135b2b69ec806e5f36010d41408",
    "06c88644dcc6f6485b51e3a00974a8f906d6b0c45f3e70415cdeced0fd690494",
]
