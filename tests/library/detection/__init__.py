"""Tests of the detection of the public address."""
