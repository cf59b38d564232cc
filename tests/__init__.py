"""Tests for Raindrop."""
