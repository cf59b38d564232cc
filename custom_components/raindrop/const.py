"""Constants that several modules share."""

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

ATTR_REASON: Final = "reason"

SUBENTRY_DOMAIN: Final = "domain"

UPDATE_INTERVAL: Final = timedelta(minutes=5)
WATCHED_UPDATE_INTERVAL: Final = timedelta(minutes=30)
"""While the connection watch would notice a change."""
DETECTION_MAX_AGE: Final = UPDATE_INTERVAL - timedelta(seconds=10)
"""How old another entry's detection may be: a little less than a cycle."""
FULL_SYNC_INTERVAL: Final = timedelta(hours=1)
"""How often the zone is read even if nothing seems to have changed."""
