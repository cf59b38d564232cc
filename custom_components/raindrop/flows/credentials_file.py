"""The JSON file of the original script, pasted into the first form."""

from collections.abc import Mapping
import json
from typing import Any

from homeassistant.const import CONF_DOMAIN, CONF_EMAIL

from ..const import CONF_KEY, CONF_ZONE
from ..error_messages import ErrorMessage

_FIELDS = (CONF_ZONE, CONF_EMAIL, CONF_KEY, CONF_DOMAIN)


def pasted_in(form: Mapping[str, Any]) -> str | None:
    """Return the field that contains JSON, None if none does."""
    return next((f for f in _FIELDS if _is_json(form.get(f, ""))), None)


def filled_in(
    form: Mapping[str, Any], pasted: str
) -> tuple[Mapping[str, str], ErrorMessage | None]:
    """Return the four fields of the JSON, and the error if there are none in it.

    What it lacks is what was typed. Of JSON that cannot be read nothing is
    returned: it may contain a key.
    """
    typed = {f: form[f] for f in _FIELDS if f in form and not _is_json(form[f])}
    try:
        content = json.loads(form[pasted])
    except ValueError, RecursionError:
        return typed, ErrorMessage(pasted, "malformed_json")
    found = {f: content[f] for f in _FIELDS if content.get(f)}
    if not found or not all(isinstance(value, str) for value in found.values()):
        return typed, ErrorMessage(pasted, "malformed_json")
    return {**typed, **found}, None


def _is_json(text: str) -> bool:
    """Return whether a text is a JSON object: no zone, email, key or domain begins like one."""
    return text.lstrip().startswith("{")
