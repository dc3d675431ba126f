"""Draw the plots of the DFT dataset that its card shows.

python experiments/dataset_plots.py [--dataset datasets/dft] [--out datasets/dft/plots]
"""

import argparse
from pathlib import Path

import pandas as pd

from sacml.reports import dataset_labels, style
from sacml.reports.dataset_engines import cheap_engines

REPO = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dataset", type=Path, default=REPO / "datasets" / "dft")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    out = given.out or given.dataset / "plots"
    binding = pd.read_csv(given.dataset / "binding.csv")
    engines = pd.read_csv(given.dataset / "cheap_engines.csv")
    with style.styled():
        for name in ("per_metal", "per_shell", "per_alkali", "starts"):
            figure = getattr(dataset_labels, name)(binding)
            print(style.save(figure, out / f"{name}.png"))
        held = dataset_labels.stability(pd.read_csv(given.dataset / "stability.csv"))
        print(style.save(held, out / "stability.png"))
        print(style.save(cheap_engines(engines, binding), out / "cheap_engines.png"))


if __name__ == "__main__":
    main()
