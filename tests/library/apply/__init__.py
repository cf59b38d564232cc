"""Tests of applying a plan and of deleting owned records."""
