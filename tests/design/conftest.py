from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from sacml.design import KnownSystems, Objective, Space
from sacml.domain import Conditions, Modifier, Site


@dataclass
class Synthetic:
    """A surrogate whose value is any function of the table."""

    target: str
    value: object
    half: float = 0.2
    inside: object = None

    def predict(self, table, level=0.9):
        n = len(table)
        value = np.asarray(self.value(table), dtype=float)
        inside = np.ones(n, dtype=bool) if self.inside is None else self.inside(table)
        return SimpleNamespace(
            value=value,
            lower=value - self.half
            if self.target == "binding_energy"
            else np.maximum(value - self.half, 0.0),
            upper=value + self.half,
            in_domain=inside,
            reasons=lambda i: () if inside[i] else ("an odd one",),
            model_version="synthetic/1",
        )


def by_site(table):
    """A value in (0, 1) that differs between centres, shells and surroundings."""

    def spread(parts, prime):
        texts = [str(p) for p in parts]
        return np.array([sum(map(ord, t)) * prime % 101 / 101 for t in texts])

    return (
        0.6 * spread(table.centres, 7)[table.centre_index]
        + 0.3 * spread(table.shells, 13)[table.shell_index]
        + 0.1 * spread(table.surroundings, 29)[table.surrounding_index]
    )


@pytest.fixture
def synthetic():
    return Synthetic


@pytest.fixture
def surrogates():
    return {
        "binding_energy": Synthetic("binding_energy", lambda t: -1.0 - by_site(t), 0.4),
        "nucleation_overpotential": Synthetic(
            "nucleation_overpotential", lambda t: np.full(len(t), 30.0), 10.0
        ),
        "cycle_life": Synthetic(
            "cycle_life", lambda t: 400 + 900 * by_site(t), 300.0, lambda t: t.centre_index % 3 > 0
        ),
    }


@pytest.fixture
def objectives():
    return (
        Objective(
            name="binding", kind="target", quantity="binding_energy", direction="window",
            low=-2.0, high=-1.3, unit="eV",
        ),
        Objective(
            name="overpotential", kind="target", quantity="nucleation_overpotential",
            direction="low", low=5.0, high=60.0, unit="mV",
        ),
        Objective(
            name="life", kind="target", quantity="cycle_life", direction="high",
            low=100.0, high=2000.0, unit="h",
        ),
        Objective(
            name="cost", kind="element", quantity="price_usd_per_kg", direction="low",
            low=1.0, high=1e4, unit="USD/kg", weight=0.3, scale="log10", floor=0.1,
        ),
    )  # fmt: skip


def record(site, record_id, material="", alkali="Li"):
    parsed = Site.parse(site)
    return SimpleNamespace(
        site=parsed,
        record_id=record_id,
        material=material,
        alkali=alkali,
        conditions=Conditions(),
        is_sac=Modifier.of_site(parsed).is_site,
        not_for_fit="",
    )


@pytest.fixture
def make_record():
    return record


@pytest.fixture
def known():
    return KnownSystems.from_records(
        [
            record("Co-N4@graphene", "A-1", "SACo"),
            record("Co-N4@graphene", "A-2", "SACo", "Na"),
            record("Zn-N2O2@graphene", "B-1", "ZnSA"),
            record("Fe-N?O?@graphene", "C-1"),
            record("Mn-?@graphene", "D-1", "SAMn"),
            record("Fe+Ni-N6@graphene", "E-1"),
            record("vac-N4@graphene", "F-1"),
            record("@graphene", "G-1"),
        ]
    )


@pytest.fixture
def small_space():
    """Some hundred candidates that the structure builder is not asked about."""
    return Space.default(
        metals=["Fe", "Co", "Ni", "Zn", "Mg", "Pt"],
        hosts=["graphene", "c2n", "ti3c2"],
        axial_ligands=["OH"],
        single_shells={"graphene": ["N4", "C4", "N3C", "O4", "N2O2(trans)"]},
        dual_shells={"graphene": ["N6"], "c2n": ["N6"], "ti3c2": ["C6"]},
        constraints={"reach": "any"},
    )
