"""Tests of what Home Assistant calls, in a real Home Assistant core."""
