"""The policies in the form for a domain: what is stored of them, and what is wrong with them."""

from collections.abc import Mapping
from typing import Any

from .. import config, ddns
from .forms import Errors
from .schemas import CONF_OVERRIDE_SOURCES, CONF_SEVERAL_CONNECTIONS

_NOT_STORED = (CONF_OVERRIDE_SOURCES, CONF_SEVERAL_CONNECTIONS)


def policy_errors(form: Mapping[str, Any]) -> Errors:
    """Return the translation keys of what is wrong, by form field."""
    errors: Errors = {}
    if not form[config.CONF_FAMILIES]:
        errors[config.CONF_FAMILIES] = "no_family"
    if form[config.CONF_TTL] == config.SECONDS and form[config.CONF_PROXIED] == config.ON:
        errors[config.CONF_TTL] = "ttl_of_proxied"
    prefix_length = _number(form, config.CONF_PREFIX_LENGTH)
    try:
        ddns.parse_interface_id(form.get(config.CONF_INTERFACE_ID, ""), prefix_length)
    except ddns.InterfaceIdError:
        errors[config.CONF_INTERFACE_ID] = "malformed_interface_id"
    return errors


def policy_data(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a form as they are stored."""
    return {
        **{key: value for key, value in form.items() if key not in _NOT_STORED},
        config.CONF_FAMILIES: sorted(form[config.CONF_FAMILIES]),
        config.CONF_INTERFACE_ID: form.get(config.CONF_INTERFACE_ID, "").strip().lower(),
        config.CONF_PREFIX_LENGTH: _number(form, config.CONF_PREFIX_LENGTH),
        config.CONF_TTL_S: _number(form, config.CONF_TTL_S),
    }


def _number(form: Mapping[str, Any], field: str) -> int:
    """Return the whole number in a field, its default if the field is empty."""
    return int(form.get(field, config.DOMAIN_DEFAULTS[field]))
