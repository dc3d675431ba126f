"""Shared test set-up: the helpers beside this file can be imported by every test."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
