"""What the energies of cheap engines are worth: as labels, and as a feature.

An engine may *label* in a class (one alkali, one kind of shell) that has at least 30 DFT labels
where r >= 0.6 and a line through its energies, fitted with the metal left out, beats the mean of
the class. It may serve as a *feature* where, with metals left out, a model with its energy as one
more column beats the same model and the best model without it, by more than the noise of each
comparison.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.data import load_dataset
from sacml.data.catalogue import read_labels
from sacml.domain import Site
from sacml.models.described import Described
from sacml.models.registry import make_model
from sacml.workflows.tables import markdown

MIN_LABELS, MIN_R = 30, 0.6
DRAWS = 2000
Row = dict[str, str]
Array = NDArray[np.float64]


def shell_class(site: str) -> str:
    """``N4``, ``other shells``, or ``no metal``."""
    parsed = Site.parse(site)
    if not parsed.metals:
        return "no metal"
    return "N4" if str(parsed.shell) == "N4" else "other shells"


def agreement(dft: Array, engine: Array) -> tuple[float, float, float]:
    """Mean absolute error, mean error (engine minus DFT) and Pearson's r; r is NaN below three."""
    error = engine - dft
    varies = len(dft) > 2 and dft.std() > 0 and engine.std() > 0
    r = float(np.corrcoef(dft, engine)[0, 1]) if varies else np.nan
    return float(np.abs(error).mean()), float(error.mean()), r


def left_out(metals: Sequence[str], dft: Array, engine: Array) -> tuple[Array, Array]:
    """Errors (n,) of the line through the engine's energies and of the mean, metal left out.

    NaN where fewer than two other labels are left.
    """
    names = np.array(metals)
    line, mean = np.full(len(dft), np.nan), np.full(len(dft), np.nan)
    for metal in np.unique(names):
        test = names == metal
        x, y = engine[~test], dft[~test]
        if len(y) < 2 or x.std() == 0:
            continue
        slope, offset = np.polyfit(x, y, 1)
        line[test] = np.abs(offset + slope * engine[test] - dft[test])
        mean[test] = np.abs(y.mean() - dft[test])
    return line, mean


def classes(table: list[Row], labels: list[Row]) -> list[dict[str, Any]]:
    """Judge every engine and mode in every class, on the labels (lowest starts) alone."""
    lowest = {r["record_id"]: r for r in labels if r["lowest_of_starts"] == "True"}
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in table:
        if row["record_id"] in lowest and row["engine_eV"]:
            kind = shell_class(row["site"])
            for key in ((row["alkali"], kind), (row["alkali"], "all"), ("all", "all")):
                groups.setdefault((row["engine"], row["mode"], *key), []).append(row)
    found = []
    for (engine, mode, alkali, kind), rows in groups.items():
        dft = np.array([float(r["dft_eV"]) for r in rows])
        cheap = np.array([float(r["engine_eV"]) for r in rows])
        metals = [lowest[r["record_id"]]["metal"] for r in rows]
        mae, bias, r = agreement(dft, cheap)
        line, mean = left_out(metals, dft, cheap)
        judged = np.isfinite(line)
        enough = len(rows) >= MIN_LABELS and alkali != "all" and kind not in ("all", "no metal")
        better = bool(judged.any() and line[judged].mean() < mean[judged].mean())
        found.append({
            "engine": engine, "mode": mode, "alkali": alkali, "shells": kind, "n": len(rows),
            "mae": mae, "bias": bias, "r": r, "n_left_out": int(judged.sum()),
            "line": float(line[judged].mean()) if judged.any() else np.nan,
            "mean": float(mean[judged].mean()) if judged.any() else np.nan,
            "passes": enough and r >= MIN_R and better, "enough": enough,
        })  # fmt: skip
    return found


def gaussian_process() -> Any:
    """A smooth function of the standardised columns plus noise, widths by marginal likelihood."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kernel = ConstantKernel(1.0) * RBF(10.0, (1.0, 100.0)) + WhiteKernel(0.1, (1e-3, 1.0))
    process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
    return make_pipeline(StandardScaler(), process)


MODELS: dict[str, Callable[[], Any]] = {
    "ridge": lambda: make_model("ridge", 0),
    "gaussian process": gaussian_process,
}


def errors_left_out(make: Callable[[], Any], X: Array, y: Array, metals: NDArray[np.str_]) -> Array:
    """Absolute errors (n,) with the metal of each row left out of the fit."""
    from sklearn.exceptions import ConvergenceWarning

    errors = np.zeros(len(y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a width may end at its bound
        for metal in np.unique(metals):
            test = metals == metal
            errors[test] = np.abs(make().fit(X[~test], y[~test]).predict(X[test]) - y[test])
    return errors


def as_feature(table: list[Row], described: Described) -> list[dict[str, Any]]:
    """Error with metals left out, with and without the engine's energy as a column.

    Only sites with a metal are tested; on how many, and the interval of the difference from
    drawing metals with replacement, stand beside it.
    """
    found = []
    for engine, mode in dict.fromkeys((r["engine"], r["mode"]) for r in table):
        energies = {r["record_id"]: float(r["engine_eV"]) for r in table
                    if (r["engine"], r["mode"]) == (engine, mode) and r["engine_eV"]}  # fmt: skip
        rows = [i for i, r in enumerate(described.records)
                if r.row_id in energies and r.site.metals]  # fmt: skip
        if len(rows) < 3:
            continue
        X, y = described.X[rows].astype(float), described.y[rows]
        metals = np.array([described.records[i].site.centre for i in rows])
        column = np.array([[energies[described.records[i].row_id]] for i in rows])
        plain = {name: errors_left_out(make, X, y, metals) for name, make in MODELS.items()}
        best = min(plain.values(), key=np.mean)
        for name, make in MODELS.items():
            more = errors_left_out(make, np.hstack([X, column]), y, metals)
            own, rival = interval(more - plain[name], metals), interval(more - best, metals)
            found.append({
                "engine": engine, "mode": mode, "model": name, "n": len(rows),
                "metals": len(np.unique(metals)), "without": float(plain[name].mean()),
                "with": float(more.mean()), "own": own, "best": float(best.mean()),
                "rival": rival, "helps": own[1] < 0 and rival[1] < 0,
            })  # fmt: skip
    return found


def interval(difference: Array, groups: NDArray[np.str_], seed: int = 0) -> tuple[float, float]:
    """95 % interval of a mean, whole groups drawn with replacement."""
    rng = np.random.default_rng(seed)
    names = np.unique(groups)
    sums = np.array([difference[groups == g].sum() for g in names])
    counts = np.array([(groups == g).sum() for g in names])
    drawn = rng.integers(len(names), size=(DRAWS, len(names)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def describe_labels(path: Any = None) -> Described:
    """Descriptors of the labels of a dataset folder; of the bundled one by default."""
    from sacml.data import training_records

    dataset = load_dataset("dft") if path is None else read_labels(path, "dft")
    return Described.of(training_records("binding_energy", dataset).records, "binding_energy")


def class_table(found: list[dict[str, Any]]) -> str:
    """Markdown table of `classes`."""
    lines = [
        (f["engine"], f["mode"].replace("_", " "), f["alkali"], f["shells"], str(f["n"]),
         f"{f['mae']:.2f}", f"{f['bias']:+.2f}", _or_dash(f["r"]), _or_dash(f["line"]),
         _or_dash(f["mean"]), "yes" if f["passes"] else "no")
        for f in found
    ]  # fmt: skip
    header = ("engine", "mode", "alkali", "shells", "labels", "MAE, eV", "bias, eV", "r",
              "line, metals left out", "class mean, metals left out", "may label")  # fmt: skip
    return markdown(header, lines)


def feature_table(found: list[dict[str, Any]]) -> str:
    """Markdown table of `as_feature`."""
    lines = [
        (f["engine"], f["mode"].replace("_", " "), f["model"], f"{f['n']} ({f['metals']} metals)",
         f"{f['without']:.3f}", f"{f['with']:.3f}", _change(f["with"] - f["without"], f["own"]),
         _change(f["with"] - f["best"], f["rival"]), "yes" if f["helps"] else "no")
        for f in found
    ]  # fmt: skip
    header = ("engine", "mode", "model", "labels", "MAE without, eV", "MAE with, eV",
              "change (95 %)", "against the best model without (95 %)", "helps")  # fmt: skip
    return markdown(header, lines)


def _change(mean: float, ends: tuple[float, float]) -> str:
    return f"{mean:+.3f} ({ends[0]:+.3f} to {ends[1]:+.3f})"


def verdict(judged: list[dict[str, Any]], features: list[dict[str, Any]]) -> str:
    """Say plainly what the engines may be used for."""
    passing = [f"{f['engine']} ({f['mode']}) for {f['alkali']} on {f['shells']}"
               for f in judged if f["passes"]]  # fmt: skip
    sizes = [f["n"] for f in judged if f["alkali"] != "all" and f["shells"] in ("N4",)]
    text = "As labels: " + (", ".join(passing) + "." if passing else "none.")
    if not any(f["enough"] for f in judged):
        text += (
            f" No class has the {MIN_LABELS} DFT labels that the gate asks for (the largest has "
            f"{max(sizes, default=0)}), so no engine can pass yet, whatever its figures."
        )
    helping = [f"{f['engine']} ({f['mode']}) in {f['model']}" for f in features if f["helps"]]
    text += " As a feature: " + (", ".join(helping) + "." if helping else (
        "none beats the best model without it by more than the noise, with metals left out."
    ))  # fmt: skip
    return f"**{text}**"


def card_block(table: list[Row], labels: list[Row], path: Any = None) -> str:
    """Generated part of the data card."""
    judged, features = classes(table, labels), as_feature(table, describe_labels(path))
    whole = [f for f in judged if f["alkali"] == "all"]
    classed = [f for f in judged if f["alkali"] != "all" and f["n"] > 2 and f["shells"] != "all"]
    failed = [r for r in table if r["reason"]]
    parts = [
        verdict(judged, features),
        "All labels, then classes of three labels and more:",
        class_table(whole + classed),
        "The engine's energy as one more column, metals left out:",
        feature_table(features),
        "Geometries are those of DFT, or relaxed from there: a feature computed before any DFT "
        "starts from a guess and can only be worse. GFN1-xTB was run with the fewest unpaired "
        "electrons.",
    ]
    if failed:
        names = sorted(f"{r['engine']} {r['mode']} {r['record_id']}" for r in failed)
        parts.append(f"{len(failed)} energies failed: {', '.join(names)}.")
    return "\n\n".join(parts)


def _or_dash(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"
