"""Charge lines as JSON objects (wire format, section 4)."""

from typing import Any

from csp_lifecycle.vocabulary.charge_line import ChargeLine
from csp_lifecycle.wire.converter import make_converter

_CONVERTER = make_converter(forbid_extra_keys=False)


def charge_line_json(line: ChargeLine) -> dict[str, Any]:
    """The line as a JSON object, as it also stands on an issued invoice."""
    written: dict[str, Any] = _CONVERTER.unstructure(line)
    return written
