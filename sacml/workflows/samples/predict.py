"""Predict for structures with a model that was trained on structures."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sacml.errors import ModelFileError

if TYPE_CHECKING:
    import pandas as pd

_SLACK = 0.05
"""Share of the trained range by which a descriptor may lie outside it."""


def predict_samples(
    path: str | Path,
    model: str | Path = "runs/structures/model",
    *,
    adsorbate: str | None = None,
    leave_out_bad: bool = False,
) -> "pd.DataFrame":
    """Predict for the structures of a file.

    Parameters
    ----------
    path
        As in `sacml.data.samples.read_samples`; no value is needed.
    model
        Folder of a model that `train_samples` stored.

    Returns
    -------
    pandas.DataFrame
        One row per frame: frame, site, adsorbate, the target with its unit, lower and upper end of
        the interval, in_domain, reasons.
    """
    import pandas as pd

    from sacml.features.samples import NAMES
    from sacml.models.samples.store import REMEDY, StoredModel
    from sacml.workflows.samples.design import design
    from sacml.workflows.samples.train import described

    stored = StoredModel.load(model)
    facts = stored.facts
    if facts["features"] != list(NAMES):
        raise ModelFileError(f"{model} was trained on other descriptors than this sacml; {REMEDY}")
    samples, table = described(path, None, "", adsorbate=adsorbate, leave_out_bad=leave_out_bad)
    _, X, _ = design(table, tuple(facts["adsorbates"]))
    if stored.reads_graphs:
        from sacml.models.gnn.samples import sample_graphs

        value = stored.predict_graphs(sample_graphs(samples.samples, table.adsorbates))
    else:
        value = stored.predict(X, X.shape[1] - 1)
    half = np.inf if facts["half_width"] is None else float(facts["half_width"])
    reasons = [_reasons(i, table, X, facts) for i in range(len(table))]
    name = facts["target"]
    if not name.endswith(f"_{facts['unit']}"):
        name = f"{name}_{facts['unit']}"
    frame = pd.DataFrame({
        "frame": [s.frame for s in samples.samples],
        "site": table.sites,
        "adsorbate": table.adsorbates,
        name: value,
        f"lower_{name}": value - half,
        f"upper_{name}": value + half,
        "in_domain": [not breaking for breaking, _ in reasons],
        "reasons": ["; ".join(words) for _, words in reasons],
    })  # fmt: skip
    frame.attrs["left_out"] = samples.left_out
    return frame


def _reasons(i: int, table: Any, X: Any, facts: dict[str, Any]) -> tuple[bool, list[str]]:
    words, breaking = [], False
    if table.adsorbates[i] not in facts["adsorbates"]:
        words.append(f"adsorbate {table.adsorbates[i] or 'none'} never seen")
        breaking = True
    if table.metals[i] not in facts["metals"]:
        words.append(f"metal {table.metals[i]} never seen: its element descriptors stand for it")
    elif table.sites[i] not in facts["sites"]:
        words.append(f"site {table.sites[i]} never seen")
    low, high = np.array(facts["low"])[:-1], np.array(facts["high"])[:-1]
    slack = _SLACK * (high - low) + 1e-6
    row = X[i, :-1]
    outside = np.flatnonzero((row < low - slack) | (row > high + slack))
    if outside.size:
        shown = [facts["features"][k] for k in outside[:3]]
        more = f" and {outside.size - 3} more" if outside.size > 3 else ""
        words.append(f"{', '.join(shown)}{more} outside the trained range")
        breaking = True
    if facts["half_width"] is None:
        words.append(
            f"{facts['n_calibration_groups']} held-out groups: too few for a finite interval"
        )
    return breaking, words
