"""An automation of Raindrop's blueprint, whose action is `test.act`."""

from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component

BLUEPRINT = Path(__file__).parents[2] / "blueprints" / "automation" / "raindrop" / "tell_me.yaml"


async def use_blueprint(hass: HomeAssistant, entity_id: str, **inputs: Any) -> None:
    """Set up an automation for the device of an entity; it passes on ``text``."""
    there = Path(hass.config.path("blueprints", "automation", "raindrop"))

    def copy() -> None:
        there.mkdir(parents=True, exist_ok=True)
        (there / BLUEPRINT.name).write_text(BLUEPRINT.read_text("utf-8"), "utf-8")

    await hass.async_add_executor_job(copy)
    entity = er.async_get(hass).async_get(entity_id)
    assert entity
    action = {"action": "test.act", "data": {"text": "{{ title }}: {{ message }}"}}
    given = {"devices": [entity.device_id], "actions": [action], **inputs}
    used = {"use_blueprint": {"path": f"raindrop/{BLUEPRINT.name}", "input": given}}
    assert await async_setup_component(hass, "automation", {"automation": used})
