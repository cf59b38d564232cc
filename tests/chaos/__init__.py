"""Chaos tests: random operations and faults, checked against a model after every step."""
