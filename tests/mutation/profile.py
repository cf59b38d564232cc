"""The same examples in every run, no shrinking, and no log output (`-p tests.mutation.profile`)."""

import logging

from hypothesis import Phase, settings

# Home Assistant's test plugin adds no handler if there is one. Through mutmut, output is slow.
logging.basicConfig(handlers=[logging.NullHandler()])
# It only matters whether a property fails, not with which smallest example.
settings.register_profile(
    "mutation",
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
)
settings.load_profile("mutation")
