"""Check whether Cloudflare's proxy can reach Home Assistant; nothing is requested or changed."""

from homeassistant.core import HomeAssistant, callback

from .ddns import ProxyObstacles, State, proxy_obstacles, to_unicode


@callback
def async_check_proxy(hass: HomeAssistant, state: State) -> tuple[str, dict[str, str]] | None:
    """Return the translation key and the placeholders of what is missing, None if nothing is.

    Whether ``use_x_forwarded_for`` is on is unknown: Home Assistant's HTTP server only
    exposes which proxies it trusts.
    """
    trusted = getattr(hass.http, "trusted_proxies", None)
    obstacles = proxy_obstacles(hass.config.external_url or "", state, trusted)
    return (_key(obstacles), _placeholders(obstacles)) if obstacles else None


def _key(obstacles: ProxyObstacles) -> str:
    if not obstacles.forwarded_ports:
        return "proxy_not_trusted"
    return "proxy_port_not_trusted" if obstacles.untrusted else "proxy_port"


def _placeholders(obstacles: ProxyObstacles) -> dict[str, str]:
    return {
        "domain": to_unicode(obstacles.host),
        "scheme": obstacles.scheme.upper(),
        "port": str(obstacles.port),
        "ports": ", ".join(map(str, obstacles.forwarded_ports)),
        "networks": ", ".join(map(str, obstacles.untrusted)),
    }
