"""Tests of the Cloudflare client and what belongs to it."""
