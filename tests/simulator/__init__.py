"""Tests of the simulator, with Cloudflare's official SDK as an independent client."""
