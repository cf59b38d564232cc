"""Tests of whole updates: detect, plan, apply, and the state between them."""
