"""What the tests would miss: faults put into the core one by one, by `scripts/mutation`."""
