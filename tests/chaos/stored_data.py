"""What the integration stores: the configuration of the model in its own words."""

from typing import Any

from .constants import FAMILIES
from .model import DomainConfig, SourceCatalog, SourceChoice, ZoneModel
from .resource_model import ResourceConfig


def entry_options(model: ZoneModel) -> dict[str, Any]:
    """Return the options of a zone: the source of each family."""
    return {
        "sources": {
            label: _source_data(choice, label, model.sources)
            for label, choice in model.choices.items()
        }
    }


def subentry_data(config: DomainConfig, sources: SourceCatalog) -> dict[str, Any]:
    """Return the data of a domain's subentry."""
    return {
        "domain": config.name,
        "families": [*config.families],
        "create": config.create,
        "proxied": config.proxied,
        "ttl": config.ttl,
        "ttl_s": config.ttl_s,
        "interface_id": config.interface_id,
        "prefix_length": config.prefix_length,
        "delete": config.delete,
        "records": {**config.record_ids},
        "sources": {
            label: _source_data(choice, label, sources)
            for label, choice in config.sources.items()
            if choice[0] != "same_as_zone"
        },
        "paused": config.paused,
        "connections": _connections_data(config, sources),
        "take_over": [*config.take_over],
    }


def resource_data(config: ResourceConfig, account_id: str, resource_id: str) -> dict[str, Any]:
    """Return the data of a resource's subentry."""
    return {
        "account_id": account_id,
        "resource_id": resource_id,
        "families": [*config.families],
        "ipv6_entry": config.ipv6_entry,
        "adopted": [],
        "allows_shared": False,
        "delete_items": config.delete_items,
    }


def registry_id(entity: str) -> str:
    """Return the entity registry id of an entity in `constants.ENTITIES`."""
    return f"id_of_{entity}"


def _connections_data(config: DomainConfig, sources: SourceCatalog) -> dict[str, Any]:
    """Return the connections of a domain as they are stored."""
    return {
        "mode": "all" if config.has_own_records else "first",
        "list": [
            {
                "id": name,
                "name": name.upper(),
                **{label: _connection_source(config, name, label, sources) for label in FAMILIES},
                "up_sensor": registry_id(status) if (status := config.status_of(name)) else "",
            }
            for name in config.connections
        ],
        "down_after_min": config.down_after_min,
        "back_after_min": config.back_after_min,
    }


def _connection_source(
    config: DomainConfig, name: str, label: str, sources: SourceCatalog
) -> dict[str, Any]:
    choice = config.source_of(name, label)
    follows_zone = choice == ["same_as_zone"]
    return {"source": "zone"} if follows_zone else _source_data(choice, label, sources)[0]


def _source_data(choice: SourceChoice, label: str, sources: SourceCatalog) -> list[dict[str, Any]]:
    """Return the sources of a family as they are stored: a list, empty if it is off."""
    source = sources.source(choice, label)
    if source is None:
        return []
    if source.kind == "entity":
        return [
            {
                "source": "entity",
                "entity": registry_id(source.entity),
                "meaning": source.meaning,
            }
        ]
    return [{"source": source.kind, **({"urls": [*source.urls]} if source.urls else {})}]
