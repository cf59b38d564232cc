"""Play programs one after another: `scripts/chaos`, see there."""

# Lets the test plugin, which brings a bare core, run on this Home Assistant.
import tests.ha_compat  # isort: skip  # noqa: F401

from .command import main

main()
