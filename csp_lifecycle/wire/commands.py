"""Commands as JSON objects (`"do"`), read strictly and written canonically."""

import hashlib
from datetime import date, datetime
from enum import Enum
from typing import Any, get_args

import attrs
import msgspec
from cattrs.errors import BaseValidationError

from csp_lifecycle.errors import InvalidCommandError
from csp_lifecycle.vocabulary.names import COMMANDS, AnyCommand
from csp_lifecycle.wire.converter import coming_instant_of, explained, make_converter
from csp_lifecycle.wire.text import parse_object, write

_CONVERTER = make_converter(forbid_extra_keys=True)
_CONVERTER.register_structure_hook(datetime, coming_instant_of)
_FORMS = {
    kind: (name, [(field.name, field.default) for field in attrs.fields(kind)]) for name, kind in COMMANDS.items()
}
"""The name of each kind of command, and its fields with their defaults."""
_PLAIN = {str, int, bool, type(None)}
"""The classes of values that are written as they are."""
_WORDS = {
    part
    for kind in COMMANDS.values()
    for field in attrs.fields(kind)
    for part in (field.type, *get_args(field.type))
    if isinstance(part, type) and issubclass(part, Enum)
}
_ALIKE = _PLAIN | _WORDS | {date, datetime}
"""The classes of values that the encoder writes letter by letter as the converter does."""
_encode = msgspec.json.Encoder().encode


def read_command(text: str) -> AnyCommand:
    """The command that one line of JSON writes.

    Raises:
        InvalidCommandError: the line is nonsense by itself; the message names the key and the remedy.
    """
    try:
        return command_of(parse_object(text))
    except InvalidCommandError:
        raise
    except ValueError as error:
        raise InvalidCommandError(str(error)) from None


def command_of(value: dict[str, Any]) -> AnyCommand:
    """The command that a parsed JSON object writes.

    Raises:
        InvalidCommandError: as `read_command`.
    """
    named = dict(value)
    do = named.pop("do", None)
    kind = COMMANDS.get(do) if isinstance(do, str) else None
    if kind is None:
        known = ", ".join(COMMANDS)
        message = f"do must name a command, not {do!r}; there are {known}"
        raise InvalidCommandError(message)
    # An optional key that is absent and one that is null mean the same.
    optional = {field.name for field in attrs.fields(kind) if field.default is not attrs.NOTHING}
    named = {name: entry for name, entry in named.items() if entry is not None or name not in optional}
    try:
        command: AnyCommand = _CONVERTER.structure(named, kind)
    except (BaseValidationError, ValueError, TypeError) as error:
        raise InvalidCommandError(explained(error)) from None
    return command


def command_json(command: AnyCommand) -> dict[str, Any]:
    """The command as a JSON object, without the keys that are at their defaults."""
    return _written(command, _PLAIN)


def command_digest(command: AnyCommand) -> str:
    """A digest of the command's content: two commands with the same one ask for the same thing."""
    try:
        content = _encode(_written(command, _ALIKE))
    except UnicodeEncodeError:
        content = write(command_json(command)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()


def _written(command: AnyCommand, as_they_are: set[type]) -> dict[str, Any]:
    """The command's name and what is not at its default, converted except for some classes of values."""
    name, fields = _FORMS[type(command)]
    written: dict[str, Any] = {"do": name}
    for key, default in fields:
        value = getattr(command, key)
        if value != default:
            written[key] = value if type(value) in as_they_are else _CONVERTER.unstructure(value)
    return written
