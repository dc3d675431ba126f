"""Shared test set-up: the helpers beside this file can be imported by every test."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

# a busy machine must not fail a property: times are the benchmarks' business
settings.register_profile("sacml", deadline=None)
settings.load_profile("sacml")
