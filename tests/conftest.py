"""Shared test set-up: the helpers beside this file can be imported by every test."""

import os
import sys
from pathlib import Path

# before numpy comes in: threads of tiny fits only wait for each other on a busy machine
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

# a busy machine must not fail a property: times are the benchmarks' business
settings.register_profile("sacml", deadline=None)
settings.load_profile("sacml")
