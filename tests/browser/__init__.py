"""Browser tests: user journeys in a real Home Assistant (`scripts/test --browser`)."""
