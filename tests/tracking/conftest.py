"""A small evaluation with the columns of the real one, and a dataset that fits it."""

import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sacml.data import Dataset, Record
from sacml.data.splits import leave_one_group_out
from sacml.domain import Conditions, Modifier, Site
from sacml.evaluation import evaluate
from sacml.models import fit_surrogate
from sacml.models import store as model_store
from sacml.tracking import default_uri
from sacml.tracking.backend import connect


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
        best=lambda: SimpleNamespace(
            model="ridge",
            trained_on="all",
            split=splits[0],
            mae=0.2,
            constant_mae=0.4,
            scale_unit="eV",
        ),
        splits={
            name: leave_one_group_out(
                [f"g{i % n_folds}" for i in range(n)], name, ids=[f"r{i}" for i in range(n)]
            )
            for name in splits
        },
    )


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """A database with tables and nothing in them, which take seconds to make."""
    folder = tmp_path_factory.mktemp("empty")
    connect(default_uri(folder)).search_experiments()
    return folder / "mlflow.db"


@pytest.fixture(scope="session")
def new_store(empty_store):
    """Makes a store in a folder."""

    def make(folder):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(empty_store, folder)
        return default_uri(folder)

    return make


@pytest.fixture(scope="session")
def store(new_store, tmp_path_factory):
    """One database for all tests, each with experiments of its own."""
    return new_store(tmp_path_factory.mktemp("runs"))


METALS = ("Fe", "Co", "Ni", "Cu", "Zn", "Mn")


@pytest.fixture(scope="session")
def tiny():
    """36 records whose cycle life follows the current density, with a little noise."""
    rng = np.random.default_rng(0)
    records = tuple(
        Record(
            record_id=f"r{i}",
            site=Site.parse(f"{METALS[i % 6]}-N{3 + i % 2}@graphene"),
            alkali=("Li", "Na")[i % 2],
            target="cycle_life",
            value=float(10 ** (2.0 + 0.5 * (i % 3) + rng.normal(0, 0.1))),
            conditions=Conditions(current_density_mA_cm2=1.0 + i % 3, areal_capacity_mAh_cm2=1.0),
            modifier=Modifier("single_atom", (METALS[i % 6],)),
            source_group=f"ref{i % 12}",
        )
        for i in range(36)
    )
    return Dataset(name="tiny", records=records, digest="ab" * 32)


@pytest.fixture(scope="session")
def judged(tiny):
    splits = ("leave_one_source_out",)
    return evaluate(tiny, "cycle_life", ("constant", "ridge"), splits, 0)


@pytest.fixture(scope="session")
def surrogate(tiny, judged):
    return fit_surrogate(tiny, "cycle_life", "ridge", trained_on="sac", seed=0, evaluation=judged)


@pytest.fixture(scope="session")
def folder(surrogate, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "cycle_life"
    model_store.save(surrogate, path)
    return path


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


@pytest.fixture
def folds():
    """What `evaluate` reports of one model, fold by fold."""
    return [
        SimpleNamespace(
            target="binding_energy", model="ridge", trained_on="all",
            split="leave_one_metal_out", fold=f"g{i}", mae=0.1 * (i + 1), n_test=6, done=i + 1,
            total=4,
        )
        for i in range(4)
    ]  # fmt: skip
