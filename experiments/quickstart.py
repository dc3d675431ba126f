"""The main job in a few minutes: train, track, predict, propose and report on the bundled data.

Run by `make quickstart`. It uses a stated subset of the full study (see quickstart.toml): fewer
models, and the same grouped splits.
"""

import sys
import time
from pathlib import Path

from rich.console import Console

from sacml.errors import SacmlError
from sacml.workflows import predict, train
from sacml.workflows.candidate_files import write_csv
from sacml.workflows.progress import fold_bar

HERE = Path(__file__).parent
OUT = Path("runs/quickstart")
ASKED = (
    ("Co-N4@graphene", "Li"),
    ("Fe+Ni-N6@graphene", "Li"),
    ("Zn-?@hard_carbon", "Na"),
    ("Co-N4@graphene", "K"),
)


def main() -> None:
    console = Console()
    start = time.monotonic()

    def say(line: str) -> None:
        text = f"[{time.monotonic() - start:5.0f} s] {line}"
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    say("training on the bundled records (1 of 3)")
    with fold_bar() as on_fold:
        study = train(HERE / "quickstart.toml", folder=OUT, say=say, on_fold=on_fold)

    say("predicting with the surrogates just trained (2 of 3)")
    rows = []
    for site, alkali in ASKED:
        rows += predict(site, alkali, models=OUT / "models")
    write_csv(rows, OUT / "predictions.csv")
    for row in rows:
        flag = "in domain" if row.in_domain else "out of domain"
        say(
            f"  {row.candidate.site!s:<20}{row.candidate.alkali:<3}{row.target:<25}"
            f"{row.value:8.3g} {row.unit:<3} [{row.lower:.3g}, {row.upper:.3g}] {flag}"
        )

    say("what came of it (3 of 3)")
    for alkali, proposals in study.proposals.items():
        names = ", ".join(str(p.candidate.site) for p in list(proposals)[:5])
        say(f"  first five proposals for {alkali}: {names}")
    say(f"  report        {OUT / 'report.html'}")
    say(f"  predictions   {OUT / 'predictions.csv'}")
    say(f"  proposals     {OUT / 'proposals'}")
    say("  experiments   .venv/bin/mlflow ui --backend-store-uri sqlite:///runs/mlflow.db")


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"quickstart: {error}")
