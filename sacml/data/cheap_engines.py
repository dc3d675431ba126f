"""How wrong cheap engines are on the bundled DFT labels, and the warning that says so."""

import csv
from dataclasses import dataclass
from functools import cache
from math import sqrt

from sacml._resources import dataset_path

LEVELS = {"ASE-GFN1-xTB": "gfn1", "ASE-CHGNet": "chgnet"}
"""Level of theory of a campaign -> name of the engine in ``cheap_engines.csv``."""


@dataclass(frozen=True, slots=True)
class EngineError:
    """Agreement of an engine with the DFT labels at their geometries.

    Attributes
    ----------
    labels
        How many were compared.
    mae_eV, bias_eV
        Mean absolute error, and mean of engine minus DFT.
    r
        Pearson's correlation for Li on sites of four N, where most labels are; None below three.
    """

    labels: int
    mae_eV: float
    bias_eV: float
    r: float | None


@cache
def engine_errors() -> dict[str, EngineError]:
    """Compare every engine of ``cheap_engines.csv`` with the labels, by its name there."""
    with dataset_path("dft", "binding.csv").open(encoding="utf-8", newline="") as file:
        labels = {r["record_id"] for r in csv.DictReader(file) if r["lowest_of_starts"] == "True"}
    found: dict[str, list[tuple[float, float, bool]]] = {}
    with dataset_path("dft", "cheap_engines.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["record_id"] in labels and row["mode"] == "single_point" and row["engine_eV"]:
                within = row["alkali"] == "Li" and row["site"].endswith("-N4@graphene")
                within &= not row["site"].startswith("vac")
                energies = float(row["dft_eV"]), float(row["engine_eV"])
                found.setdefault(row["engine"], []).append((*energies, within))
    return {name: _error(rows) for name, rows in found.items()}


def practice_warning(level_of_theory: str) -> str:
    """Say that labels of an engine that is no DFT are for practice, and how wrong it was.

    Parameters
    ----------
    level_of_theory
        As `sacml.labels.ProtocolSettings.level_of_theory` names it, e.g. ``ASE-GFN1-xTB``.
    """
    text = f"labels of {level_of_theory} are for practice"
    errors = engine_errors()
    name = LEVELS.get(level_of_theory.partition("//")[0])
    if name in errors:
        e = errors[name]
        text += f": on {e.labels} DFT labels it was wrong by {e.mae_eV:.2f} eV on average"
        if e.r is not None:
            text += f" (r = {e.r:.2f} for Li on M-N4)"
    elif errors:
        low, high = (pick(e.mae_eV for e in errors.values()) for pick in (min, max))
        text += f": how wrong is not known; engines that were tried missed by {low:.1f} to "
        text += f"{high:.1f} eV"
    return f"{text}; they enter no released model"


def _error(rows: list[tuple[float, float, bool]]) -> EngineError:
    errors = [cheap - dft for dft, cheap, _ in rows]
    within = [(dft, cheap) for dft, cheap, mine in rows if mine]
    return EngineError(
        len(rows), sum(map(abs, errors)) / len(rows), sum(errors) / len(rows), _pearson(within)
    )


def _pearson(pairs: list[tuple[float, float]]) -> float | None:
    if len(pairs) < 3:
        return None
    x0, y0 = (sum(v) / len(pairs) for v in zip(*pairs, strict=True))
    xy = sum((x - x0) * (y - y0) for x, y in pairs)
    xx, yy = sum((x - x0) ** 2 for x, _ in pairs), sum((y - y0) ** 2 for _, y in pairs)
    return xy / sqrt(xx * yy) if xx * yy > 0 else None
