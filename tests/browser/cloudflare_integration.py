"""A stand-in for Home Assistant's own Cloudflare integration, which needs a package and a network.

It replaces the one of its name as any custom integration would.
"""

import json
from pathlib import Path

from devtools.checkout import ROOT
from devtools.home_assistant_process import store

DOMAIN = "cloudflare"
MANIFEST = {
    "domain": DOMAIN,
    "name": "Cloudflare",
    "codeowners": [],
    "config_flow": True,
    "documentation": "https://www.home-assistant.io/integrations/cloudflare",
    "integration_type": "service",
    "iot_class": "cloud_push",
    "version": "1.0.0",
}
SOURCE = """
async def async_setup_entry(hass, entry):
    return True


async def async_unload_entry(hass, entry):
    return True
"""
FLOW = """
from homeassistant.config_entries import ConfigFlow


class CloudflareFlow(ConfigFlow, domain="cloudflare"):
    VERSION = 1
"""


def install(folder: Path, token: str, zone: str, names: list[str]) -> None:
    """Put the stand-in beside Raindrop, with an entry that keeps the A records of some names."""
    components = folder / "integrations"
    stand_in = components / DOMAIN
    stand_in.mkdir(parents=True)
    (stand_in / "manifest.json").write_text(json.dumps(MANIFEST))
    (stand_in / "__init__.py").write_text(SOURCE)
    (stand_in / "config_flow.py").write_text(FLOW)
    (components / "raindrop").symlink_to(ROOT / "custom_components/raindrop")
    (folder / "custom_components").symlink_to(components, target_is_directory=True)
    storage = folder / ".storage"
    storage.mkdir()
    entry = {
        "created_at": "2026-01-01T00:00:00+00:00",
        "modified_at": "2026-01-01T00:00:00+00:00",
        "entry_id": "0" * 26,
        "domain": DOMAIN,
        "title": zone,
        "unique_id": zone,
        "data": {"api_token": token, "zone": zone, "records": names},
        "options": {},
        "subentries": [],
        "source": "user",
        "version": 1,
        "minor_version": 1,
        "discovery_keys": {},
        "disabled_by": None,
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
    }
    store(storage, "core.config_entries", 1, {"entries": [entry]})
