"""A study of structures in MLflow: a run per model and split, with folds and epochs as steps."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.evaluation import EpochDone, FoldDone
from sacml.workflows.samples.folds import Folds

if TYPE_CHECKING:
    import pandas as pd

    from sacml.data.samples import Samples
    from sacml.models.epochs import Epoch
    from sacml.tracking import Silent, StudyTracker
    from sacml.tracking.target_run import TargetRun


class SampleRun:
    """Observer of a study of structures; made by `tracked`."""

    def __init__(
        self, tracker: "StudyTracker | Silent", run: "TargetRun | Silent", target: str
    ) -> None:
        self.tracker, self.run, self.target = tracker, run, target

    def on_fold(self, split: str, fold: str, errors: Mapping[str, float]) -> None:
        """Write the errors of a fold, model by model."""
        for model, mae in errors.items():
            self.run.on_fold(FoldDone(self.target, model, "all", split, fold, mae, 0, 0, 0))

    def on_epoch(self, split: str) -> "Callable[[str, str, Epoch], None] | None":
        """Return what writes the epochs of a split (none: the fit on all rows)."""
        write = self.run.on_epoch
        if write is None:
            return None
        return lambda model, fold, epoch: write(
            EpochDone(self.target, model, "all", split, fold, epoch)
        )

    def finish(
        self, summary: Mapping[str, Any], predictions: "Mapping[str, pd.DataFrame]",
        folds: Mapping[str, Folds], folder: Path,
    ) -> None:  # fmt: skip
        """Write final figures, held-out rows, model and report."""
        import pandas as pd

        frames, scores = [], []
        for split, frame in predictions.items():
            for model, found in summary["splits"][split].items():
                frames.append(pd.DataFrame({
                    "model": model, "trained_on": "all", "split": split, "fold": frame["fold"],
                    "group": frame["group"], "record_id": frame["frame"], "is_sac": False,
                    "observed": frame["observed"], "predicted": frame[model],
                    "error": (frame[model] - frame["observed"]).abs(),
                }))  # fmt: skip
                scores.append({
                    "model": model, "trained_on": "all", "split": split, "rows": "all",
                    "n_records": found["n"], "n_groups": frame["group"].nunique(),
                    "scale_unit": summary["unit"],
                    **{k: found[k] for k in ("mae", "mae_low", "mae_high")},
                })  # fmt: skip
        digests = {n: _digest(summary["digest"], f) for n, f in folds.items()}
        self.run.log_models(pd.concat(frames), pd.DataFrame(scores), digests)
        self.run.log_path(folder / "model", "model")
        for name in ("report.html", "summary.json"):
            self.tracker.log_path(folder / name)


def _digest(samples: str, folds: Folds) -> str:
    total = hashlib.sha256(samples.encode())
    for train, test in folds.pairs:
        total.update(train.astype("<i8").tobytes() + b"/" + test.astype("<i8").tobytes())
    return total.hexdigest()


@contextmanager
def tracked(
    uri: str | None, samples: "Samples", config: Mapping[str, Any], folder: Path,
    say: Callable[[str], None],
) -> Iterator[SampleRun]:  # fmt: skip
    """Open the run of a study of structures; without a URI nothing is written."""
    from sacml.tracking import Silent, StudyTracker, default_uri

    tracker: StudyTracker | Silent = Silent()
    if uri is not None:
        spare = default_uri(folder / "offline")
        tracker = StudyTracker(uri, name="structures", config=config, spare=spare, say=say)
    with tracker as study, study.target(samples.target, samples) as run:  # type: ignore[arg-type]
        yield SampleRun(study, run, samples.target)
