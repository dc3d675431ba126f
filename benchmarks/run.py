"""Run every benchmark and print its figures; the README quotes what this prints.

Stop background work first: the figures are only worth what the machine is quiet. Benchmarks that
are not named keep the figures that the file of ``--out`` has of them.
"""

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NAMES = (
    "startup", "descriptors", "scoring", "intervals", "design", "structures", "geometry", "graphs",
    "gnn", "campaign", "single_point", "serving", "cluster",
)  # fmt: skip


CODE = "import json, sys; sys.path.insert(0, sys.argv[1]); import {0}; print(json.dumps({0}.run()))"


def measure(name: str) -> dict[str, object]:
    """Run one benchmark in a process of its own, so that peak memory is its own too."""
    command = [sys.executable, "-c", CODE.format(name), str(HERE)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return {key: value for key, value in found.items() if value is not None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES, help=f"any of {', '.join(NAMES)}")
    parser.add_argument("--out", default="runs/benchmarks.json")
    arguments = parser.parse_args()
    wrong = [n for n in arguments.names if n not in NAMES]
    if wrong:
        sys.exit(f"unknown benchmark {', '.join(wrong)}; allowed: {', '.join(NAMES)}")
    path = Path(arguments.out)
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    results = before | {"python": platform.python_version(), "machine": platform.machine()}
    for name in arguments.names:
        print(f"== {name}", flush=True)
        results[name] = measure(name)
        for key, value in results[name].items():
            shown = f"{value:.4g}" if isinstance(value, float) else value
            print(f"{key:<48} {shown}", flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
