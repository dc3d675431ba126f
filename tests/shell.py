"""Run the command line as a person does, in a process of its own."""

import csv
import subprocess
import sys


def sacml(*arguments, cwd=None) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "sacml.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def rows_of(path) -> list[dict[str, str]]:
    """Read a CSV."""
    with open(path, newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))
