"""Let each fault be judged alike every time, and quickly (`-p tests.mutation.profile`)."""

from hypothesis import Phase, settings

# Whether a law is broken is all that matters here, not by which smallest example.
settings.register_profile(
    "mutation",
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
)
settings.load_profile("mutation")
