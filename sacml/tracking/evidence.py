"""The held-out rows that go with a released model, and the paired comparison of two models."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.errors import ModelFileError

if TYPE_CHECKING:
    from sacml.evaluation import Evaluation
    from sacml.models import Surrogate

ROWS, FACTS = "held_out.csv", "evidence.json"
_COLUMNS = ["model", "trained_on", "fold", "group", "record_id", "is_sac", "bound", "error"]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Held-out errors on the split that decides on a release, of every model of the study.

    Attributes
    ----------
    target, model, trained_on
        What is released.
    split, split_digest, dataset_digest
        The folds, and the records they were made of.
    judged
        Which held-out rows decide, ``"sac"`` or ``"all"``.
    scale_unit
        Unit of the errors.
    rows
        One row per model, training rows and held-out record.
    """

    target: str
    model: str
    trained_on: str
    split: str
    split_digest: str
    dataset_digest: str
    judged: str
    scale_unit: str
    seed: int
    rows: pd.DataFrame

    @classmethod
    def of(cls, surrogate: "Surrogate", evaluation: "Evaluation") -> "Evidence":
        """Gather the evidence for a surrogate from the evaluation that chose it."""
        choice = evaluation.best()
        table = evaluation.predictions
        return cls(
            surrogate.target,
            surrogate.model,
            surrogate.trained_on,
            choice.split,
            evaluation.splits[choice.split].digest,
            surrogate.facts["dataset"]["digest"],
            choice.rows,
            choice.scale_unit,
            evaluation.seed,
            table.loc[table["split"] == choice.split, _COLUMNS].reset_index(drop=True),
        )

    def write(self, folder: Path) -> None:
        """Write as a table and a few facts; no digit of an error is lost."""
        folder.mkdir(parents=True, exist_ok=True)
        self.rows.to_csv(folder / ROWS, index=False)
        facts = asdict(self)
        del facts["rows"]
        (folder / FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Evidence | None":
        """Read what `write` wrote; None where a model came without evidence.

        Raises
        ------
        ModelFileError
            If the files are there and cannot be read.
        """
        if not (folder / FACTS).is_file():
            return None
        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            # as text first: not every pandas reads a number to the last digit
            rows = pd.read_csv(folder / ROWS, dtype=str, keep_default_na=False)[_COLUMNS]
            rows = rows.astype({"error": float}).assign(is_sac=rows["is_sac"] == "True")
            return cls(rows=rows, **facts)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelFileError(
                f"the held-out rows in {folder} cannot be read: {error}; export the model again"
            ) from None

    def errors(self, model: str, trained_on: str) -> pd.DataFrame:
        """Held-out errors of one model on the rows that decide, by record."""
        rows = self.rows
        chosen = (rows["model"] == model) & (rows["trained_on"] == trained_on)
        if self.judged == "sac":
            chosen &= rows["is_sac"].astype(bool)
        return rows[chosen].set_index("record_id")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a challenger wins, and why.

    Attributes
    ----------
    difference, low, high
        Mean error of the challenger minus that of its rival, with the 95 % interval of resampled
        groups; NaN where they cannot be compared.
    """

    wins: bool
    sentence: str
    difference: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")


def judge(challenger: Evidence, champion: Evidence | None) -> Verdict:
    """Compare a challenger with the champion, record by record on the same folds.

    Where the champion was judged on other folds (the records have changed since), its model is
    taken as the challenger's own study judged it. Without a champion the rival is the constant.
    The challenger wins when the 95 % interval of the paired difference lies below zero.
    """
    if champion is None:
        rival, whose = ("constant", challenger.trained_on), "the constant"
        other = challenger
    else:
        rival = (champion.model, champion.trained_on)
        whose = f"the champion ({champion.model}, {champion.trained_on} rows)"
        same = (challenger.split, challenger.split_digest, challenger.scale_unit) == (
            champion.split, champion.split_digest, champion.scale_unit)  # fmt: skip
        other = champion if same else challenger
        if not same:
            whose += ", fitted anew on the challenger's folds"
            if rival == (challenger.model, challenger.trained_on):
                return Verdict(
                    False,
                    f"challenger and champion are the same model ({rival[0]}, {rival[1]} rows) "
                    f"judged on other folds ({challenger.split_digest[:12]} and "
                    f"{champion.split_digest[:12]}): no error of one stands beside an error of the "
                    "other",
                )
    mine = challenger.errors(challenger.model, challenger.trained_on)
    theirs = other.errors(*rival)
    if not len(mine) or set(mine.index) != set(theirs.index):
        missing = "" if champion is None or other is champion else (
            f"; the champion's folds have the digest {champion.split_digest[:12]}, the "
            f"challenger's {challenger.split_digest[:12]}, and the challenger's study did not "
            f"train {rival[0]} on {rival[1]} rows: train both in one study")  # fmt: skip
        return Verdict(
            False,
            f"{len(mine)} held-out records of the challenger and {len(theirs)} of {whose} are not "
            f"the same{missing}",
        )
    return _paired(mine, theirs.loc[mine.index], whose, challenger)


def _paired(mine: pd.DataFrame, theirs: pd.DataFrame, whose: str, evidence: Evidence) -> Verdict:
    from sacml.evaluation.metrics import GroupBootstrap

    delta = mine["error"].to_numpy() - theirs["error"].to_numpy()
    bootstrap = GroupBootstrap.of(mine["group"].to_numpy(dtype=str), evidence.seed)
    low, high = bootstrap.interval(delta)
    mean = float(np.mean(delta))
    wins = bool(high < 0)
    result = "wins" if wins else "loses" if low > 0 else "cannot be told apart"
    sentence = (
        f"{evidence.target}: {evidence.model} ({evidence.trained_on} rows) {result} against "
        f"{whose}: mean absolute error {mine['error'].mean():.4g} and "
        f"{theirs['error'].mean():.4g} {evidence.scale_unit} under {evidence.split} "
        f"({evidence.split_digest[:12]}), paired difference {mean:+.4g} (95 % group bootstrap "
        f"{low:+.4g} to {high:+.4g}) on {len(mine)} records in {bootstrap.n_groups} groups"
    )
    return Verdict(wins, sentence, mean, low, high)
