"""What holds for every test: nothing here but settings."""

import os

from hypothesis import settings

# A busy machine is slow, not wrong: no deadline per example. CI draws the same examples each time, so that a change
# is not blamed for what another draw would have found; by hand the draws differ.
settings.register_profile("house", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("house")
