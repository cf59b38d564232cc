"""Names that several rooms of Raindrop share."""

from datetime import timedelta
from logging import Logger, getLogger
from typing import Final

DOMAIN: Final = "raindrop"
LOGGER: Logger = getLogger(__package__)

CONF_ZONE: Final = "zone"
CONF_KEY: Final = "key"
CONF_ZONE_ID: Final = "zone_id"
CONF_ZONE_NAME: Final = "zone_name"
CONF_IS_PAID: Final = "is_paid"

CONF_CREATE: Final = "create"
CONF_DELETE: Final = "delete"
CONF_ENTITY: Final = "entity"
CONF_FAMILIES: Final = "families"
CONF_HOST_PART: Final = "host_part"
CONF_IS_DEFAULT_WAY: Final = "is_default_way"
CONF_OWN_SOURCES: Final = "own_sources"
CONF_PREFIX_LENGTH: Final = "prefix_length"
CONF_PROXIED: Final = "proxied"
CONF_RECORDS: Final = "records"
CONF_SOURCE: Final = "source"
CONF_SOURCES: Final = "sources"
CONF_TTL: Final = "ttl"
CONF_TTL_S: Final = "ttl_s"
CONF_URLS: Final = "urls"

SUBENTRY_DOMAIN: Final = "domain"

UPDATE_INTERVAL: Final = timedelta(minutes=5)
READING_AGE: Final = UPDATE_INTERVAL - timedelta(seconds=10)
"""How old another entry's reading may be: a little less than a cycle."""
AUDIT_INTERVAL: Final = timedelta(hours=1)
"""How often the zone is read though nothing seems to have changed."""
