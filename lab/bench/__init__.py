"""What Raindrop and its peers cost, measured against the lab: `scripts/benchmark`."""
