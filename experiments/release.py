"""Rebuild the released models of both roles in `models/` from `datasets/` alone.

`models/TARGET` is the screen model, `models/refine/TARGET` the refine model where another one wins.

Same data, same library versions, same numbers: running it twice changes nothing.
"""

import argparse
import sys

from sacml.errors import SacmlError
from sacml.workflows.train import release


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="experiments/study.toml")
    parser.add_argument("--out", default="models")
    arguments = parser.parse_args()
    release(arguments.out, arguments.config)


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"release: {error}")
