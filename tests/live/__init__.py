"""Tests in a real Home Assistant, through a real browser (`scripts/test --browser`)."""
