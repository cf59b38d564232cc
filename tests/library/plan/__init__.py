"""Tests of the plan: desired and existing records in, changes and conflicts out."""
