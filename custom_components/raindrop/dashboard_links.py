"""Links to Cloudflare's dashboard, and placeholders for texts about a zone."""

from .ddns import AccountId, Zone, to_unicode

DNS_URL = "https://dash.cloudflare.com/?to=/:account/:zone/dns/records"
"""Opens the DNS page of a zone that Cloudflare lets the user choose.

https://developers.cloudflare.com/fundamentals/reference/deep-links/
"""
TOKENS_URL = "https://dash.cloudflare.com/profile/api-tokens"
"""The user's API tokens."""
ACCOUNT_TOKENS_URL = "https://dash.cloudflare.com/?to=/:account/api-tokens"
"""Those of an account that Cloudflare lets the user choose."""


def lists_url(account_id: AccountId) -> str:
    """Return the URL of the page of an account's lists."""
    return f"https://dash.cloudflare.com/{account_id}/configurations/lists"


def locations_url(account_id: AccountId) -> str:
    """Return the URL of an account's Zero Trust settings, where its DNS locations are."""
    return f"https://one.dash.cloudflare.com/{account_id}"


def zero_trust_lists_url(account_id: AccountId) -> str:
    """Return the URL of the page of an account's Zero Trust lists."""
    return f"https://one.dash.cloudflare.com/{account_id}/reusable-components/lists"


def dns_url(zone: Zone | None) -> str:
    """Return the URL of a zone's DNS page."""
    if zone is None or zone.account_id is None:
        return DNS_URL
    return f"https://dash.cloudflare.com/{zone.account_id}/{zone.name}/dns/records"


def zone_placeholders(zone: Zone) -> dict[str, str]:
    """Return the placeholders of texts about the problem of a zone."""
    return {
        "zone": to_unicode(zone.name) if zone.name else zone.id,
        "name_servers": ", ".join(zone.registrar_name_servers) or "—",
        "dns_url": dns_url(zone),
    }
