"""Run scenarios one after another: see `scripts/chaos`."""

# Lets the test plugin, which provides a bare core, run on this Home Assistant.
import tests.ha_compat  # isort: skip  # noqa: F401

from .command import main

main()
