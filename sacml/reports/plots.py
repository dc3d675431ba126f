"""All figures of a study as PNG files."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sacml.domain import TARGETS
from sacml.reports import gather, style
from sacml.reports.png_data import data_overview, periodic_map
from sacml.reports.png_models import coverage, model_scores, parity
from sacml.reports.png_proposals import proposals

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sacml.workflows.results import StudyResult


def write_figures(folder: str | Path, study: "StudyResult") -> tuple[Path, ...]:
    """Draw every figure that a study has the data for.

    Parameters
    ----------
    folder
        Where ``NAME.png`` go; made if it is not there.
    study
        The study.

    Returns
    -------
    tuple of Path
        The files, in the order of the report.
    """
    with style.styled():
        return tuple(
            style.save(figure, Path(folder) / f"{name}.png") for name, figure in figures(study)
        )


def figures(study: "StudyResult") -> "Iterator[tuple[str, Figure]]":
    """Name and figure, one after the other; call inside `style.styled`."""
    table = gather.records(study)
    if len(table):
        yield "data_overview", data_overview(table)
        labels = gather.labels_per_metal(table)
        yield (
            "periodic_labels",
            periodic_map(
                labels, "SAC records", "Records of single- and dual-atom sites per metal",
                whole=True,
            ),
        )  # fmt: skip
    yield from _predicted_maps(study)
    for name, evaluation in study.evaluations.items():
        yield f"scores_{name}", model_scores(name, evaluation)
        yield f"parity_{name}", parity(name, study)
    if study.evaluations:
        yield "coverage", coverage(study)
    for alkali, found in study.proposals.items():
        frame = found.frame()
        if len(frame):
            yield f"proposals_{alkali}", proposals(frame, alkali)


def _predicted_maps(study: "StudyResult") -> "Iterator[tuple[str, Figure]]":
    unit = TARGETS["binding_energy"].unit
    for alkali in gather.binding_alkalis(study):
        predicted = gather.predicted_per_metal(study, alkali)
        outside = frozenset(predicted.index[~predicted["in_domain"].astype(bool)])
        # one value for all metals is a sentence, not a map
        if len(predicted) and np.ptp(predicted["value"]) > 0:
            yield (
                f"periodic_binding_{alkali}",
                periodic_map(
                    predicted["value"],
                    f"Predicted binding energy ({unit})",
                    f"{alkali} on M-N4@graphene, against the isolated atom",
                    flagged=outside,
                    flag_meaning="outside the domain of the model",
                ),
            )
