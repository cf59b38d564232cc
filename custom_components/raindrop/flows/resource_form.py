"""The subentry flow of a kind of resource: which one, what it is to hold, and a preview."""

from asyncio import gather
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

from homeassistant.config_entries import SOURCE_USER, SubentryFlowResult
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from .. import ddns
from ..dashboard_links import TOKENS_URL
from ..ddns import (
    AccountId,
    AccountResource,
    CloudflareError,
    Detection,
    Network,
    ResourceConfig,
    ResourceItem,
    ResourceKind,
    ResourcePlan,
    Source,
    network_text,
)
from ..entry_reload import async_wait_until_loaded
from ..error_messages import BASE, ErrorMessage, try_or_error
from ..resources.kinds import KINDS
from ..resources.resource_config import (
    CONF_ACCOUNT_ID,
    CONF_ADOPTED,
    CONF_ALLOWS_SHARED,
    CONF_DELETE_ITEMS,
    CONF_FAMILIES,
    CONF_IPV6,
    CONF_RESOURCE_ID,
    PREFIX_LENGTHS,
    RESOURCE_DEFAULTS,
    is_resource_configured,
    read_managed_resource,
    read_resource_config,
    resource_unique_id,
)
from ..storage.sources import FAMILIES
from ..storage.values import read_id
from .forms import ShowErrors, without_sections
from .preview import as_code
from .schemas import choice, dropdown
from .subentry import ZoneSubentryFlow

SECTIONS: dict[vol.Marker, Any] = {
    vol.Required("shared_address"): section(
        vol.Schema({vol.Required(CONF_ALLOWS_SHARED): BooleanSelector()})
    ),
    vol.Required("removal"): section(
        vol.Schema({vol.Required(CONF_DELETE_ITEMS): BooleanSelector()})
    ),
}
"""What is asked for any resource."""
LIST_FIELDS: dict[vol.Marker, Any] = {
    vol.Required(CONF_FAMILIES): SelectSelector(
        SelectSelectorConfig(
            options=list(FAMILIES),
            multiple=True,
            mode=SelectSelectorMode.LIST,
            translation_key="list_families",
        )
    ),
    vol.Required(CONF_IPV6): dropdown([*PREFIX_LENGTHS], CONF_IPV6),
    **SECTIONS,
}
"""What is asked for a list."""
_ACCOUNT_SCHEMA = vol.Schema({vol.Required(CONF_ACCOUNT_ID): TextSelector()})


class ResourceFlow(ZoneSubentryFlow):
    """Add or change a resource of an account."""

    kind: ClassVar[ResourceKind]
    fields: ClassVar[Mapping[vol.Marker, Any]] = LIST_FIELDS
    """What is asked besides which one."""
    _account_id: AccountId | None = None
    _found: Mapping[str, AccountResource] = {}
    """The resources of the account that are not configured yet."""
    _title: str
    _items: list[ResourceItem]
    _plan: ResourcePlan
    _detections: Mapping[Source, Detection]

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for a resource of the zone's account, and what it is to hold."""
        if not await async_wait_until_loaded(self._entry):
            return self.async_abort(reason="not_loaded")
        if not self._found:
            self._account_id = self._account_id or await self._async_account_of_zone()
            if self._account_id is None:
                return await self.async_step_account()
            if error := await try_or_error(self._async_find(self._account_id)):
                return self._show_account(error)
        self.form_placeholders = {"zone": self._entry.title}
        if user_input is None:
            return self.show_form("user", self._schema, RESOURCE_DEFAULTS)
        self._data = {**RESOURCE_DEFAULTS, **without_sections(user_input)}
        self._data[CONF_ACCOUNT_ID] = self._account_id
        self._title = self._found[self._data[CONF_RESOURCE_ID]].name
        show_errors = partial(self.show_form, "user", self._schema, self._data)
        return await self._async_preview(show_errors)

    async def async_step_account(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the account, or say why its resources cannot be used; submitting tries again."""
        if user_input is None:
            return self._show_account()
        try:
            self._account_id = AccountId(read_id(user_input[CONF_ACCOUNT_ID].strip()))
        except ValueError:
            self._account_id = None
            return self._show_account(
                ErrorMessage(CONF_ACCOUNT_ID, "malformed_account"), user_input
            )
        return await self.async_step_user()

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for other settings of a resource; the resource itself cannot change."""
        if (subentry := await self._async_subentry()) is None:
            return self.async_abort(reason="not_loaded")
        try:
            read_managed_resource(self._entry, subentry)
        except ValueError:
            return self.async_abort(reason="unreadable")
        self._title, stored = subentry.title, {**RESOURCE_DEFAULTS, **subentry.data}
        self.form_placeholders = {"name": self._title}
        if user_input is None:
            return self.show_form("reconfigure", self._fields_schema, stored)
        self._data = {**stored, **without_sections(user_input)}
        show_errors = partial(self.show_form, "reconfigure", self._fields_schema, self._data)
        return await self._async_preview(show_errors)

    async def async_step_preview(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show what will happen to the resource, then store it."""
        known = self._data[CONF_ADOPTED]
        found = ddns.adoptable_items(self._items, self._networks)
        adoptable = [item for item in found if item.id not in known]
        if user_input is None:
            self.form_placeholders = {
                "name": self._title,
                "added": self._shown(self._plan.add),
                "deleted": self._shown([item.network for item in self._plan.delete]),
                "url": KINDS[self.kind].url(self._data[CONF_ACCOUNT_ID]),
            }
            self.is_last_step = True
            labels = {str(item.id): network_text(item.network) for item in adoptable}
            fields = {vol.Optional(CONF_ADOPTED): choice(labels, multiple=True)} if labels else {}
            return self.show_form("preview", vol.Schema(fields), errors=self._message())
        given = user_input.get(CONF_ADOPTED, [])
        data = {**self._data, CONF_ADOPTED: [*known, *given]}
        if self.source != SOURCE_USER:
            if (subentry := await self._async_subentry()) is None:
                return self.async_abort(reason="not_loaded")
            return self.async_update_and_abort(self._entry, subentry, data=data)
        if is_resource_configured(self.hass, self.kind, data[CONF_RESOURCE_ID]):
            return self.async_abort(reason="already_configured")
        unique_id = resource_unique_id(self.kind, data[CONF_RESOURCE_ID])
        return self.async_create_entry(title=self._title, data=data, unique_id=unique_id)

    @property
    def _own(self) -> Sequence[Network] | None:
        """Which networks may be this home's, where items do not say so."""
        return None

    @property
    def _networks(self) -> list[Network]:
        """What the resource is going to hold, perhaps after a hold-down."""
        config = read_resource_config(self._entry, self.kind, self._data)
        found = (d.expected for d in self._detections.values())
        return [config.network_of(address) for address in found if address]

    def _show_account(
        self, error: ErrorMessage | None = None, values: Mapping[str, Any] | None = None
    ) -> SubentryFlowResult:
        values = values or {CONF_ACCOUNT_ID: self._account_id or ""}
        self.form_placeholders = {"zone": self._entry.title, "tokens_url": TOKENS_URL}
        return self.show_form("account", _ACCOUNT_SCHEMA, values, error)

    @property
    def _fields_schema(self) -> vol.Schema:
        return vol.Schema(self.fields)

    @property
    def _schema(self) -> vol.Schema:
        labels = {key: f"{found.name} ({found.item_count})" for key, found in self._found.items()}
        return vol.Schema({vol.Required(CONF_RESOURCE_ID): choice(labels), **self.fields})

    async def _async_preview(
        self, show_errors: ShowErrors[SubentryFlowResult]
    ) -> SubentryFlowResult:
        """Show the preview, or the error that prevents it."""
        if not self._data[CONF_FAMILIES]:
            return show_errors({CONF_FAMILIES: "no_family"})
        config = read_resource_config(self._entry, self.kind, self._data)
        if len(config.sources) < len(self._data[CONF_FAMILIES]):
            return show_errors({CONF_FAMILIES: "source_off"})
        if error := await try_or_error(self._async_make_preview(config)):
            return show_errors(error)
        return await self.async_step_preview()

    async def _async_make_preview(self, config: ResourceConfig) -> None:
        """Raises CloudflareError, also if the token may not edit the resource."""
        coordinator = self._entry.runtime_data
        found = await gather(
            *(ddns.preview_source(coordinator.detector, s) for s in config.sources.values())
        )
        self._detections = {detection.source: detection for detection in found}
        self._items, self._plan = await ddns.preview_resource(
            coordinator.client, config, self._detections, self._own
        )
        await ddns.check_resource_edit(coordinator.client, config)

    async def _async_account_of_zone(self) -> AccountId | None:
        """Return the account of the zone; None if the token may not read the zone.

        It is not known of a zone that has no domain yet.
        """
        coordinator = self._entry.runtime_data
        if zone := coordinator.data.zone:
            return zone.account_id
        with suppress(CloudflareError):
            return (await coordinator.client.zone(coordinator.config.zone_id)).account_id
        return None

    async def _async_find(self, account_id: AccountId) -> ErrorMessage | None:
        """Find what can be chosen; return why there is nothing. Raises CloudflareError."""
        client = self._entry.runtime_data.client
        found = await ddns.find_resources(client, self.kind, account_id)
        self._found = {
            one.id: one for one in found if not is_resource_configured(self.hass, self.kind, one.id)
        }
        if self._found:
            return None
        return ErrorMessage(BASE, "all_configured" if found else "none_found")

    def _message(self) -> ErrorMessage | None:
        """Return why an address is not going to be listed, None if all are."""
        config = read_resource_config(self._entry, self.kind, self._data)
        for detection in self._detections.values():
            placeholders = {"family": detection.family.label}
            if ddns.is_shared(detection) and not config.allows_shared:
                return ErrorMessage(BASE, "shared_address", placeholders)
            if detection.expected is None:
                return ErrorMessage(BASE, "address_unknown", placeholders)
        return None

    def _shown(self, networks: Iterable[Network]) -> str:
        return ", ".join(as_code(network_text(network)) for network in networks) or "—"
