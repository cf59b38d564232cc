"""Tools that run Home Assistant with Raindrop for development, tests and the benchmark."""
