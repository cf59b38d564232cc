"""Benchmark of Raindrop and other dynamic DNS clients: `scripts/benchmark`."""
