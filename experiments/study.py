"""The full study: every model, split and target; prints the tables that the README quotes."""

import argparse
import sys

from sacml.errors import SacmlError
from sacml.workflows import train
from sacml.workflows.progress import fold_bar
from sacml.workflows.tables import scores_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="experiments/study.toml")
    parser.add_argument("--out", default="runs/study")
    parser.add_argument("--no-track", action="store_true", help="do not log to MLflow")
    arguments = parser.parse_args()
    with fold_bar() as on_fold:
        study = train(
            arguments.config,
            folder=arguments.out,
            track=not arguments.no_track,
            say=print,
            on_fold=on_fold,
        )
    for target, evaluation in study.evaluations.items():
        print(f"\n### {target}\n")
        print(scores_table(evaluation))
        print(f"\n{study.choices[target]}")


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"study: {error}")
