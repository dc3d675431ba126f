"""What a study hands to trackers and reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sacml.data import Dataset
    from sacml.design import Proposals
    from sacml.evaluation import Evaluation
    from sacml.models import Surrogate


@dataclass(frozen=True)
class StudyResult:
    """Everything one study produced.

    Attributes
    ----------
    name
        Name of the study.
    config
        The resolved configuration, as it is written beside the results.
    datasets, evaluations, surrogates
        Per target: the records, the grouped evaluation and the screen surrogate that won it.
    refined
        Per target: the refine surrogate, the same object where the screen surrogate serves both
        roles; empty where the study asked for none.
    choices
        Per target: one sentence with the figures that decided which surrogate is released.
    proposals
        Per alkali: the ranked candidates.
    folder
        Where the study wrote its files.
    """

    name: str
    config: Mapping[str, Any]
    datasets: "Mapping[str, Dataset]"
    evaluations: "Mapping[str, Evaluation]"
    surrogates: "Mapping[str, Surrogate]"
    refined: "Mapping[str, Surrogate]" = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    proposals: "Mapping[str, Proposals]" = field(default_factory=dict)
    folder: Path = Path("runs")
