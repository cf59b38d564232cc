"""The JSON file of the original script, pasted into the first form."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from simulator import Simulator
from simulator.cloudflare import Zone
from tests.conftest import HOME
from tests.secrets import EMAIL, GLOBAL_KEY, TOKEN, found_in

from .conftest import submit, submit_user_form, typed

CONTENT = {"zone": "example.com", "email": EMAIL, "key": GLOBAL_KEY, "domain": "home.example.com"}


@pytest.mark.parametrize("field", ["zone", "email", "key", "domain"])
async def test_pasted_json_fills_in_the_four_fields(
    hass: HomeAssistant, simulator: Simulator, zone: Zone, field: str
) -> None:
    """Whichever field it is pasted into, the form shows all four, and works when submitted."""
    simulator.cloudflare.add_user(EMAIL, GLOBAL_KEY)
    fields = {"key": "x", "domain": "x", field: f"\n{json.dumps(CONTENT, indent=2)}\n"}
    form = await submit_user_form(hass, **fields)
    assert (form["step_id"], form["errors"]) == ("user", None)
    assert typed(form) == CONTENT
    result = await submit(hass, form, **typed(form))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert simulator.cloudflare.records(zone)[0]["content"] == HOME


async def test_what_the_file_lacks_is_what_was_typed(hass: HomeAssistant) -> None:
    """A zone and an email may be missing or empty, as for the script."""
    content = {"zone": None, "email": "", "key": TOKEN, "comment": "mine"}
    form = await submit_user_form(hass, key=json.dumps(content), domain="home.example.com")
    assert typed(form) == {"key": TOKEN, "domain": "home.example.com"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(CONTENT)[:-1], id="cut"),
        pytest.param("{" + f"'key': '{TOKEN}'" + "}", id="not JSON"),
        pytest.param(json.dumps({"key": {"token": TOKEN}}), id="not a text"),
        pytest.param(json.dumps({"token": TOKEN}), id="other fields"),
        pytest.param('{"key":' + "[" * 100_000, id="deep"),
    ],
)
@pytest.mark.parametrize("field", ["key", "domain"])
async def test_json_that_cannot_be_read_is_an_error_at_its_field(
    hass: HomeAssistant, text: str, field: str
) -> None:
    """Nothing of it is shown again, as it may contain a key; what was typed stays."""
    fields: dict[str, Any] = {"zone": "example.com", "key": "typed", "domain": "home"}
    form = await submit_user_form(hass, **fields | {field: text})
    assert form["errors"] == {field: "malformed_json"}
    assert typed(form) == {key: value for key, value in fields.items() if key != field}
    assert not found_in(str(form["description_placeholders"]))
