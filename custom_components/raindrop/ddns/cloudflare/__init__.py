"""Client for Cloudflare's API v4: zones and DNS records."""
