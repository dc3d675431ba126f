"""A small study with the columns of a real one: bounds, infinite intervals, an evil name."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sacml.data import Dataset, Record
from sacml.domain import METALS, TARGETS, Conditions, Modifier, Site
from sacml.workflows.results import StudyResult

EVIL = '<script>alert("x")</script> & co'
SPLITS = ("leave_one_metal_out", "leave_one_source_out", "random")
MODELS = ("constant", "same_metal_mean", "conditions_only", "ridge", "extra_trees")
CLASSES = ("alloy", "compound", "artificial_sei", "heteroatom_doped_carbon", "support")


def make_records(name, n, rng):
    records = []
    for i in range(n):
        sac = i % 3 != 0
        metal = METALS[3 + (i * 7) % 40]
        bound = ("reported", "lower", "upper", "failure")[i % 4] if name == "cycle_life" else None
        value = {
            "binding_energy": rng.normal(-1.6, 0.6),
            "nucleation_overpotential": abs(rng.normal(20, 18)) if i % 9 else 0.0,
            "cycle_life": 10 ** rng.normal(2.7, 0.5),
        }[name]
        kind = Modifier("single_atom", (metal,)) if sac else Modifier(CLASSES[i % len(CLASSES)])
        records.append(
            Record(
                record_id=f"{name}-{i}",
                site=Site.parse(f"{metal}-N4@graphene" if sac else "@graphene"),
                alkali=("Li", "Li", "Na", "K")[i % 4],
                target=name,
                value=float(value),
                bound=bound or "reported",
                reference="atom" if name == "binding_energy" else None,
                level_of_theory="PBE" if name == "binding_energy" else None,
                fidelity="dft_own" if name == "binding_energy" else "experiment",
                conditions=Conditions(),
                modifier=kind,
                material=EVIL if i == 1 else f"material {i}",
                source_group=f"ref{i % 11}",
            )
        )
    return tuple(records)


def make_evaluation(name, records, rng):
    what = TARGETS[name]
    observed = np.array([r.value for r in records])
    sac = np.array([r.is_sac for r in records])
    unit = what.unit if what.scale == "linear" else f"log10({what.unit})"
    frames, scores = [], []
    for split in SPLITS:
        base = None
        for model in MODELS:
            for rows in ("sac", "all"):
                y = what.forward(observed)
                noise = {"constant": 0, "ridge": 0.7, "extra_trees": 0.5}.get(model, 0.9)
                guess = np.full_like(y, y.mean()) if not noise else y + noise * rng.normal(
                    0, y.std(), len(y)
                )  # fmt: skip
                half = 1.6 * y.std()
                low, high = what.inverse(guess - half), what.inverse(guess + half)
                high = np.where(np.arange(len(y)) % 13 == 0, np.inf, high)
                error = guess - y
                frame = pd.DataFrame(
                    {
                        "model": model,
                        "trained_on": rows,
                        "split": split,
                        "fold": [f"g{i % 5}" for i in range(len(y))],
                        "group": [f"g{i % 5}" for i in range(len(y))],
                        "record_id": [r.record_id for r in records],
                        "is_sac": sac,
                        "bound": [r.bound for r in records],
                        "observed": observed,
                        "predicted": what.inverse(guess),
                        "error": error,
                        "lower": low,
                        "upper": high,
                        "covered": (observed >= low) & (observed <= high),
                    }
                )
                frames.append(frame)
                for over in ("sac", "all"):
                    part = frame[frame["is_sac"]] if over == "sac" else frame
                    mae = part["error"].abs().mean()
                    base = mae if base is None else base
                    delta = np.nan if model == "constant" else mae - base
                    scores.append(
                        {
                            "model": model,
                            "trained_on": rows,
                            "split": split,
                            "rows": over,
                            "n_records": len(part),
                            "n_groups": 5,
                            "mae": mae,
                            "mae_low": mae * 0.8,
                            "mae_high": mae * 1.25,
                            "scale_unit": unit,
                            "coverage": part["covered"].mean(),
                            "mean_width": np.inf,
                            "delta_constant": 0.0 if model == "constant" else delta,
                            "delta_low": delta - 0.1 * mae,
                            "delta_high": delta + 0.1 * mae,
                        }
                    )
    return SimpleNamespace(
        predictions=pd.concat(frames, ignore_index=True),
        scores=pd.DataFrame(scores),
        splits={s: SimpleNamespace(digest=f"{i}" * 64) for i, s in enumerate(SPLITS)},
    )


@dataclass
class FakeSurrogate:
    target: str
    model: str = "extra_trees"
    trained_on: str = "all"
    version: str = "0.1.0+abcdef12"

    def predict(self, table, level=0.9):
        n = len(table)
        value = np.linspace(-2.5, -0.6, n)
        return SimpleNamespace(
            value=value, lower=value - 0.5, upper=value + 0.5, in_domain=np.arange(n) % 5 != 0
        )


class FakeProposals:
    def __init__(self, alkali, n, rng):
        self.n_declared, self.n_ranked, self.partial = 5000, 4000, False
        self.notes = ("Cycle life does not discriminate: its model is a constant.",)
        from collections import Counter

        self.refused = Counter({"price above 50 USD per kg": 700, "excluded metal": 300})
        self.passed_over = Counter({"near-duplicate of a better one": 12})
        sites = [f"{METALS[(i * 5) % 40]}-N{3 + i % 2}@graphene" for i in range(n)]
        table = {"rank": range(1, n + 1), "site": sites, "alkali": alkali}
        table["score"] = np.linspace(0.81, 0.42, n)
        centre = {"binding_energy": -1.5, "nucleation_overpotential": 18, "cycle_life": 600}
        for name, value in centre.items():
            column, scale = TARGETS[name].column, np.abs(rng.normal(1, 0.2, n))
            table[column] = value * scale
            table[f"{column}_lower"] = value * scale * (0.4 if value > 0 else 1.5)
            table[f"{column}_upper"] = (
                np.where(np.arange(n) == 2, np.inf, value * scale * (2 if value > 0 else 0.6))
            )  # fmt: skip
            table[f"{name}_in_domain"] = np.arange(n) % 4 != 3
        table["price_usd_per_kg"] = [None if i % 7 == 0 else 12.5 * (i + 1) for i in range(n)]
        table["known_as"] = [EVIL if i == 1 else "" for i in range(n)]
        table["why"] = "Binds in the wanted window. Cheap."
        table["uncertain"] = "No record of this shell; the interval spans 1.2 eV."
        self._frame = pd.DataFrame(table)

    def frame(self):
        return self._frame


@pytest.fixture(scope="session")
def study():
    rng = np.random.default_rng(1)
    sizes = {"binding_energy": 70, "nucleation_overpotential": 90, "cycle_life": 120}
    records = {name: make_records(name, n, rng) for name, n in sizes.items()}
    return StudyResult(
        name="quick <b>study</b>",
        config={"name": "quick", "seed": 0, "level": 0.9, "evil": EVIL, "nothing": None},
        datasets={
            n: Dataset(name="dft" if n == "binding_energy" else "literature", records=r,
                       digest="ab" * 32)
            for n, r in records.items()
        },
        evaluations={n: make_evaluation(n, r, rng) for n, r in records.items()},
        surrogates={n: FakeSurrogate(n) for n in records},
        choices={n: f"{n}: extra trees is released." for n in records},
        proposals={a: FakeProposals(a, 20, rng) for a in ("Li", "Na")},
    )  # fmt: skip


@pytest.fixture(scope="session")
def written(study, tmp_path_factory):
    from sacml.reports import write_report

    return write_report(tmp_path_factory.mktemp("report"), study)


@pytest.fixture(scope="session")
def page(written):
    return written.read_text(encoding="utf-8")
