"""Repair issues and their fix flows."""
