"""Operations of the user on resources: each is added, changed and removed like a domain."""

from typing import Any

from .account_resources import Account
from .constants import DNS_LOCATION
from .home_assistant_core import HomeAssistantCore
from .integration import get_entry, loaded_zone, new_resource_subentry
from .resource_checker import ResourceChecker
from .resource_model import ResourceConfig, ResourceModel
from .scenario import Operation


class ResourceOperations:
    """Changes the model and the running Home Assistant alike."""

    def __init__(
        self,
        core: HomeAssistantCore,
        account: Account,
        model: ResourceModel,
        checker: ResourceChecker,
    ) -> None:
        """Operate this core."""
        self._core = core
        self._account = account
        self._model = model
        self._checker = checker
        self.operations: dict[str, Operation] = {
            "save_resource": self.save_resource,
            "remove_resource": self.remove_resource,
        }

    async def save_resource(self, zone: str, kind: str, data: dict[str, Any]) -> None:
        """Add or replace a resource; the form needs a zone that is loaded.

        In the form for a location, the user says which network is this home's.
        """
        hass, before = self._core.hass, self._model.configs.get(kind)
        loaded = loaded_zone(hass, zone)
        if (before and before.zone != zone) or loaded is None:
            return
        fields = {**data, "families": tuple(data["families"])}
        config = ResourceConfig(kind=kind, zone=zone, **fields)
        subentry = new_resource_subentry(config, *self._account.ids(kind))
        entry = get_entry(hass, zone)
        if kind == DNS_LOCATION and not before:
            own = self._account.own(kind)
            self._account.left_networks |= {*own[1:]}
            await loaded.choose_networks(subentry, own[:1])
        self._model.save(config)
        self._checker.allow()
        if before:
            found = entry.subentries[subentry.subentry_id]
            hass.config_entries.async_update_subentry(entry, found, data=subentry.data)
        else:
            hass.config_entries.async_add_subentry(entry, subentry)

    async def remove_resource(self, kind: str) -> None:
        """Remove a resource, together with its items if it is configured so."""
        if config := self._model.configs.get(kind):
            self._model.remove(kind)
            self._checker.allow()
            entry = get_entry(self._core.hass, config.zone)
            subentry = new_resource_subentry(config, *self._account.ids(kind))
            self._core.hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
