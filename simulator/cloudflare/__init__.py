"""A strict simulation of the part of Cloudflare's API that a dynamic DNS client uses."""

from .errors import RefusedError
from .service import Cloudflare
from .zone import Zone

__all__ = ["Cloudflare", "RefusedError", "Zone"]
