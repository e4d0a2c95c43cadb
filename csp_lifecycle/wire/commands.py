"""Commands as JSON objects (`"do"`), read strictly and written canonically."""

import hashlib
from datetime import datetime
from typing import Any

import attrs
from cattrs.errors import BaseValidationError

from csp_lifecycle.errors import InvalidCommandError
from csp_lifecycle.vocabulary.names import COMMANDS, AnyCommand, command_name
from csp_lifecycle.wire.converter import coming_instant_of, explained, make_converter
from csp_lifecycle.wire.text import parse_object, write_bytes

_CONVERTER = make_converter(forbid_extra_keys=True)
_CONVERTER.register_structure_hook(datetime, coming_instant_of)
_FIELDS = {kind: [(field.name, field.default) for field in attrs.fields(kind)] for kind in COMMANDS.values()}
_PLAIN = {str, int, bool, type(None)}
"""The classes of values that are written as they are."""


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
    written: dict[str, Any] = {"do": command_name(type(command))}
    for name, default in _FIELDS[type(command)]:
        value = getattr(command, name)
        if value != default:
            written[name] = value if value.__class__ in _PLAIN else _CONVERTER.unstructure(value)
    return written


def command_digest(command: AnyCommand) -> str:
    """A digest of the command's content: two commands with the same one ask for the same thing."""
    return hashlib.sha256(write_bytes(command_json(command))).hexdigest()
