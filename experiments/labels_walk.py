"""From candidates to labels to a surrogate to proposals, with a cheap engine: practice in minutes.

    python experiments/labels_walk.py [--config experiments/labels_walk.toml] [--out runs/walk]

Does what the commands of labels_walk.md do one by one, and puts the practice labels beside the DFT
labels of the same pairs. Run again, it goes on where it stopped and gives the same numbers.
"""

import argparse
from pathlib import Path

import numpy as np

from sacml.data import Dataset, read_labels, training_records
from sacml.data.cheap_engines import practice_warning
from sacml.workflows.config import StudyConfig
from sacml.workflows.label import campaign_tables, run_campaign
from sacml.workflows.propose import propose
from sacml.workflows.train import train

HERE = Path(__file__).parent
MODELS = ("constant", "ridge", "extra_trees")


def beside_dft(labels: Dataset) -> str:
    """Compare labels with the bundled DFT labels of the same pairs."""
    dft = {(str(r.site), r.alkali): r.value for r in training_records("binding_energy")}
    shared = [r for r in labels if (str(r.site), r.alkali) in dft]
    if not shared:
        return "none of these pairs has a DFT label"
    here = np.array([r.value for r in shared])
    there = np.array([dft[str(r.site), r.alkali] for r in shared])
    lines = [f"{'site':<28}{'practice':>10}{'DFT':>8}  eV against the isolated atom"]
    for r, mine, true in sorted(zip(shared, here, there, strict=True), key=lambda x: x[2]):
        lines.append(f"{r.site!s:<28}{mine:>10.2f}{true:>8.2f}")
    text = f"mean absolute error on these {len(shared)} pairs: {np.abs(here - there).mean():.2f} eV"
    if len(shared) > 2 and here.std() > 0 and there.std() > 0:
        text += f", r = {np.corrcoef(here, there)[0, 1]:.2f}"
    return "\n".join([*lines, text])


def walk(config: Path, out: Path, workers: int = 2, top: int = 5) -> None:
    """Label, train, propose."""
    run = run_campaign(config, out / "labels", workers)
    campaign_tables(out / "labels", out / "tables")
    practice = training_records("binding_energy", read_labels(out / "tables", out.name))
    warning = f"warning: {practice_warning(practice.records[0].level_of_theory or '')}"
    print(warning)
    print("\n".join(run.status.lines()))
    print(beside_dft(practice))
    settings = StudyConfig(
        name="practice", data=str(out / "tables" / "binding.csv"), targets=("binding_energy",),
        models=MODELS, splits=("leave_one_metal_out",),
    )  # fmt: skip
    train(settings, folder=out / "study", track=False, say=print)
    for alkali in sorted({r.alkali for r in practice}):
        proposals = propose(alkali, models=out / "study" / "models", top=top)
        proposals.to_csv(out / f"proposals_{alkali}.csv")
        print("\n".join(f"{p.rank}. {p.candidate.site} with {alkali}" for p in proposals))
        print("\n".join(f"note: {note}" for note in proposals.notes))
    print(warning)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--config", type=Path, default=HERE / "labels_walk.toml")
    parser.add_argument("--out", type=Path, default=Path("runs/walk"))
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    walk(given.config, given.out, given.workers)


if __name__ == "__main__":
    main()
