"""Tests of the lab, with Cloudflare's official SDK as the client that knows better."""
