"""Home Assistant's own `cloudflare` integration."""

from typing import Any, override
from unittest.mock import patch

# Has to come before Home Assistant.
import tests.ha_compat  # isort: skip  # noqa: F401

from homeassistant.util import location
import pycfdns
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .in_home_assistant import InHomeAssistant

CORE_API = "https://api.cloudflare.com/client/v4"
"""The URL that is a constant in pycfdns."""


class Core(InHomeAssistant):
    """The integration of Home Assistant, whose API URL has to be patched."""

    @override
    async def prepare(self) -> None:
        """Point pycfdns and the address lookup at the simulator, and start Home Assistant."""
        api_url = pycfdns.Client._api_url  # noqa: SLF001

        def simulator_url(client: pycfdns.Client, **endpoint: Any) -> str:
            url: str = api_url(client, **endpoint)
            return url.replace(CORE_API, self.task.cloudflare)

        patch.object(pycfdns.Client, "_api_url", simulator_url).start()
        patch.object(location, "WHOAMI_URL", self.task.ip_url("home-assistant")).start()
        await super().prepare()

    @override
    def new_entry(self) -> MockConfigEntry:
        """Return an entry that lists the names."""
        return MockConfigEntry(
            domain="cloudflare",
            title=self.task.zone,
            data={
                "api_token": self.task.token,
                "zone": self.task.zone,
                "records": [*self.task.names],
            },
        )
