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
CONF_FAMILIES: Final = "families"
CONF_HOST_PART: Final = "host_part"
CONF_PREFIX_LENGTH: Final = "prefix_length"
CONF_PROXIED: Final = "proxied"
CONF_RECORDS: Final = "records"
CONF_TTL: Final = "ttl"
CONF_TTL_S: Final = "ttl_s"

SUBENTRY_DOMAIN: Final = "domain"

UPDATE_INTERVAL: Final = timedelta(minutes=5)
AUDIT_INTERVAL: Final = timedelta(hours=1)
"""How often the zone is read though nothing seems to have changed."""
