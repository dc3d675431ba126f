"""Run the command line as a person does, in a process of its own."""

import subprocess
import sys


def sacml(*arguments, cwd=None) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "sacml.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
