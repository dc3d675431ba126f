"""How long the commands take that people type most, as whole processes."""

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c 'pass'": [sys.executable, "-c", "pass"],
    "import sacml": [sys.executable, "-c", "import sacml"],
    "sacml --help": [sys.executable, "-m", "sacml.cli", "--help"],
    "sacml predict, one site": [
        sys.executable, "-m", "sacml.cli", "predict", "Co-N4@graphene", "--alkali", "Li",
    ],
}  # fmt: skip


def seconds(command: list[str], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def run() -> dict[str, float]:
    found = {name: seconds(command) for name, command in COMMANDS.items()}
    return {f"{name} (s, median of 5)": value for name, value in found.items()}


if __name__ == "__main__":
    for label, value in run().items():
        print(f"{label:<48} {value:.3f}")
