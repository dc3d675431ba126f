"""Judge the models at full depth; one part is one table or figure.

    python experiments/evaluation.py                       # everything
    python experiments/evaluation.py verdicts              # the figures a release is held to
    python experiments/evaluation.py learning scramble --workers 4

Parts: scores, nested, seeds, comparisons, coverage, calibration, learning, scramble, leaks,
verdicts. Tables, figures and ``summary.md`` go to ``runs/evaluation``; finished models are stored
there, so that an interrupted run goes on where it stopped.
"""

import argparse
import sys

from sacml.errors import SacmlError
from sacml.executors import processes
from sacml.workflows.evaluate import PARTS, evaluate
from sacml.workflows.evaluate_bar import job_bar


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--config", default="experiments/evaluation.toml")
    parser.add_argument("--out", default="runs/evaluation")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    with processes(given.workers) as executor, job_bar() as on_job:
        found = evaluate(
            given.config, folder=given.out, parts=given.parts, executor=executor, say=print,
            on_job=on_job,
        )  # fmt: skip
    for row in found.tables["verdicts"].to_dict("records") if "verdicts" in found.tables else ():
        print(f"{row['verdict']:<15}{row['target']}: {row['figure']}: {row['model']}")


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"evaluation: {error}")
