"""A small evaluation with the columns of the real one, and a dataset that fits it."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sacml.tracking import default_uri


def _make_evaluation(models, trained_on, splits, n=24, n_folds=4, seed=0):
    rng = np.random.default_rng(seed)
    frames, scores = [], []
    for model in models:
        for rows in trained_on:
            for split in splits:
                observed = rng.normal(-1.5, 0.5, n)
                predicted = observed + rng.normal(0, 0.2, n)
                frame = pd.DataFrame(
                    {
                        "model": model,
                        "trained_on": rows,
                        "split": split,
                        "fold": [f"g{i % n_folds}" for i in range(n)],
                        "group": [f"g{i % n_folds}" for i in range(n)],
                        "record_id": [f"r{i}" for i in range(n)],
                        "is_sac": np.arange(n) % n_folds != 3,
                        "bound": "reported",
                        "observed": observed,
                        "predicted": predicted,
                        "error": predicted - observed,
                        "lower": predicted - 0.4,
                        "upper": predicted + 0.4,
                        "covered": np.abs(predicted - observed) <= 0.4,
                    }
                )
                frames.append(frame)
                for over in ("sac", "all"):
                    part = frame[frame["is_sac"]] if over == "sac" else frame
                    mae = part["error"].abs().mean()
                    scores.append(
                        {
                            "model": model,
                            "trained_on": rows,
                            "split": split,
                            "rows": over,
                            "n_records": len(part),
                            "n_groups": n_folds,
                            "mae": mae,
                            "mae_low": mae - 0.05,
                            "mae_high": mae + 0.05,
                            "scale_unit": "eV",
                            "coverage": part["covered"].mean(),
                            "mean_width": np.inf if model == "ridge" else 0.8,
                            "delta_constant": 0.0 if model == "constant" else -0.1,
                            "delta_low": np.nan if model == "constant" else -0.2,
                            "delta_high": np.nan if model == "constant" else 0.0,
                        }
                    )
    return SimpleNamespace(
        predictions=pd.concat(frames, ignore_index=True),
        scores=pd.DataFrame(scores),
        splits={name: SimpleNamespace(digest=f"digest-of-{name}") for name in splits},
    )


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """One database for all tests, each with experiments of its own: its tables take seconds."""
    return default_uri(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def evaluation():
    return _make_evaluation(("constant", "ridge"), ("sac", "all"), ("leave_one_metal_out",))


@pytest.fixture
def dataset():
    table = pd.DataFrame({"site": ["Co-N4@graphene"], "alkali": ["Li"], "value": [-1.0]})
    return SimpleNamespace(name="dft", digest="0123456789abcdef" * 4, frame=lambda: table)


@pytest.fixture
def make_evaluation():
    return _make_evaluation
