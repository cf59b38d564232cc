"""The names that devtools and the benchmark import from the integration."""

from custom_components.raindrop import coordinator
from custom_components.raindrop.config import DEFAULT_OPTIONS, DOMAIN_DEFAULTS as DEFAULT_DOMAIN
from custom_components.raindrop.const import DOMAIN

__all__ = ["DEFAULT_DOMAIN", "DEFAULT_OPTIONS", "DOMAIN", "coordinator"]
