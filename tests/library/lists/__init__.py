"""Tests of IP lists."""
