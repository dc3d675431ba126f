"""All figures of an evaluation at full depth as PNG files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sacml.reports import style
from sacml.reports.evaluation_chance import scrambled, years
from sacml.reports.evaluation_curves import calibration, learning
from sacml.reports.evaluation_scores import group_coverage, scores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Tables = Mapping[str, pd.DataFrame]

FIGURES: Mapping[str, tuple[tuple[str, ...], "Callable[[Tables], Figure | None]"]] = {
    "scores": (("scores", "nested"), scores),
    "coverage_groups": (("coverage_groups", "calibration"), group_coverage),
    "calibration": (("calibration",), calibration),
    "learning": (("learning",), learning),
    "scramble": (("scramble",), scrambled),
    "years": (("predictions", "calibration"), years),
}
"""Name of a figure -> tables it needs, and how it is drawn; None: nothing to draw."""


def write_figures(folder: str | Path, tables: Tables) -> tuple[Path, ...]:
    """Draw every figure whose tables are there.

    Parameters
    ----------
    folder
        Where ``NAME.png`` go; made if it is not there.
    tables
        From `sacml.workflows.evaluate`, by name.
    """
    found = []
    with style.styled():
        for name, (needed, draw) in FIGURES.items():
            if all(len(tables.get(n, ())) for n in needed):
                figure = draw(tables)
                if figure is not None:
                    found.append(style.save(figure, Path(folder) / f"{name}.png"))
    return tuple(found)
