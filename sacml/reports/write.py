"""Write the report of a study: PNG figures and one HTML file."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sacml.workflows.results import StudyResult


def write_report(folder: str | Path, study: "StudyResult") -> Path:
    """Write ``report.html`` and ``figures/*.png``.

    Parameters
    ----------
    folder
        Made if it is not there.
    study
        What to report.

    Returns
    -------
    Path
        The HTML file: self-contained, it loads nothing from anywhere.
    """
    from sacml.reports.html import render
    from sacml.reports.plots import write_figures

    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    write_figures(out / "figures", study)
    path = out / "report.html"
    path.write_text(render(study), encoding="utf-8")
    return path
