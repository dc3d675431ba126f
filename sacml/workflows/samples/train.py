"""Train on a user's own structures: read, describe, judge on grouped folds, store, report."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sacml import __version__
from sacml.errors import SacmlError, unknown

if TYPE_CHECKING:
    import pandas as pd

    from sacml.data.samples import Samples
    from sacml.features.samples import SampleTable

SCHEMA = "sacml.train.structures/1"
"""Version of the JSON that `sacml train --structures --json` prints."""
_ORDER = ("predefined", "", "leave_one_metal_out", "by_site", "random")


@dataclass(frozen=True, eq=False)
class SampleStudy:
    """What a study of structures found.

    Attributes
    ----------
    summary
        The JSON content: scores of every model on every split, `test_mae` of the stored model.
    predictions
        Split -> held-out predictions of every model.
    folder
        Where model, tables and report lie.
    """

    summary: dict[str, Any]
    predictions: "dict[str, pd.DataFrame]"
    folder: Path

    def to_json(self) -> str:
        """Return the summary as JSON; numbers that are not defined are null."""
        return json.dumps(_plain(self.summary), indent=1, ensure_ascii=False)


def train_samples(
    path: str | Path,
    target: str,
    unit: str,
    *,
    group: str | None = None,
    split: str | None = None,
    adsorbate: str | None = None,
    model: str = "stack",
    compared: tuple[str, ...] | None = None,
    seed: int = 0,
    folder: str | Path = "runs/structures",
    leave_out_bad: bool = False,
    tracking_uri: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> SampleStudy:
    """Train a model of any number on any structures with a metal centre.

    Parameters
    ----------
    path, target, unit, group, split, adsorbate, leave_out_bad
        As in `sacml.data.samples.read_samples`.
    model
        One of `sacml.models.samples.MODELS`: which is stored.
    compared
        Which are judged beside it; by default all that read descriptors.
    folder
        Where model, tables and report go.
    tracking_uri
        MLflow store that folds, epochs, figures and model are written to; None: nowhere.
    say
        Called with one line per step.

    Raises
    ------
    SampleError
        Naming every frame that cannot be used.
    """
    from sacml.models.samples import MODELS, TABULAR, make_sample_model
    from sacml.reports.samples import write_sample_report
    from sacml.workflows.samples.design import design
    from sacml.workflows.samples.fit import fit_stored, store_model
    from sacml.workflows.samples.folds import make_folds
    from sacml.workflows.samples.judge import held_out, scores
    from sacml.workflows.samples.track import tracked

    for name in (model, *(compared or ())):
        if name not in MODELS:
            raise unknown("model", name, MODELS)
    judged_names = tuple(m for m in MODELS if m == model or m in (compared or TABULAR))
    samples, table = described(path, target, unit, group=group, split=split, adsorbate=adsorbate,
                               leave_out_bad=leave_out_bad)  # fmt: skip
    say(f"{len(samples)} structures with {target} in {unit}, {len(samples.left_out)} left out")
    for text in samples.notices:
        say(text)
    known, X, columns = design(table)
    y = samples.y
    if not y.std() > 0:
        raise SacmlError(f"all {len(y)} values of {target} are {y[0]:g}: nothing can be learnt")
    folds, skipped = make_folds(samples, table, seed, group, split)
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)

    def make(name: str) -> Any:
        return make_sample_model(name, columns.blocks, X.shape[1] - 1, seed, columns.same)

    graphs: list[Any] = []
    if "gnn" in judged_names:
        make("gnn")  # names packages that are missing
        from sacml.models.gnn.samples import sample_graphs

        graphs = sample_graphs(samples.samples, table.adsorbates)
    config = {"target": target, "unit": unit, "model": model, "seed": seed, "source": str(path)}
    with tracked(tracking_uri, samples, config, out, say) as run:
        predictions, judged = {}, {}
        for name, one in folds.items():

            def tell(
                fold: str, errors: dict[str, float], name: str = name, total: int = len(one.pairs)
            ) -> None:
                run.on_fold(name, fold, errors)
                if int(fold) in (1, total) or int(fold) % 10 == 0:
                    say(f"{name}: fold {fold} of {total}")

            frame = held_out(one, judged_names, make, table, X, y, graphs, tell, run.on_epoch(name))
            frame.insert(1, "frame", [samples.samples[i].frame for i in frame["row"]])
            frame.to_csv(out / f"held_out_{name}.csv", index=False, float_format="%.6g")
            predictions[name] = frame
            judged[name] = scores(frame.drop(columns="frame"), seed)
        decides = next(n for n in (*_order(group), *folds) if n in folds)
        rows = np.arange(len(y))
        if split and len(folds["predefined"].pairs) == 1:
            # so that the test rows stay a test of this model
            rows = folds["predefined"].pairs[0][0]
        estimator = fit_stored(
            make(model), X, y, graphs, folds[decides].groups, rows, run.on_epoch("")
        )
        summary = {
            "schema": SCHEMA,
            "sacml_version": __version__,
            "source": str(path),
            "digest": samples.digest,
            "target": target,
            "unit": unit,
            "n": len(samples),
            "n_left_out": len(samples.left_out),
            "left_out": [{"frame": p.frame, "reason": p.problem} for p in samples.left_out],
            "notices": list(samples.notices),
            "input": _input(table),
            "model": model,
            "n_trained_on": len(rows),
            "decided_by": decides,
            "test_mae": judged[decides][model]["mae"],
            "splits": judged,
            "folds": {n: len(f.pairs) for n, f in folds.items()},
            "skipped": skipped,
            "seed": seed,
        }
        store_model(estimator, predictions[decides], table, known, X, rows, summary, out / "model")
        study = SampleStudy(summary, predictions, out)
        (out / "summary.json").write_text(study.to_json() + "\n", encoding="utf-8")
        write_sample_report(out, summary, predictions, skipped)
        run.finish(summary, predictions, folds, out)
    say(f"model: {out / 'model'}; report: {out / 'report.html'}")
    return study


def described(
    path: str | Path, target: str | None, unit: str, *, leave_out_bad: bool = False, **keys: Any
) -> "tuple[Samples, SampleTable]":
    """Read samples and describe them.

    Parameters
    ----------
    keys
        Further ones of `sacml.data.samples.read_samples`.

    Raises
    ------
    SampleError
        Naming every frame that cannot be read or described, at once.
    """
    from dataclasses import replace

    from sacml.data.samples import SampleError, read_samples
    from sacml.features.samples import describe_samples

    samples = read_samples(path, target, unit, leave_out_bad=True, **keys)
    problems = samples.left_out
    table: SampleTable | None = None
    try:
        table = describe_samples(samples.samples, samples.source)
    except SampleError as error:
        problems = (*problems, *error.problems)
        bad = {p.frame for p in error.problems}
        kept = tuple(s for s in samples.samples if s.frame not in bad)
        table = describe_samples(kept, samples.source) if kept and leave_out_bad else None
        samples = replace(samples, samples=kept, left_out=problems)
    if problems and (table is None or not leave_out_bad):
        total = len({p.frame for p in problems}) + len(samples)
        raise SampleError(samples.source, problems, total)
    assert table is not None
    return samples, table


def _order(group: str | None) -> tuple[str, ...]:
    return tuple(f"by_{group}" if not name and group else name for name in _ORDER)


def _input(table: "SampleTable") -> str:
    inside = int(table.in_structure.sum())
    if not inside:
        return "site without the adsorbate, and the adsorbate's name"
    return (
        f"{inside} of {len(table)} structures hold the adsorbate, relaxed: the errors are an upper "
        "bound of what can be known of a candidate, which has no relaxed structure"
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
