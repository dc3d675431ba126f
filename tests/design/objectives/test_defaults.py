import subprocess
import sys

import numpy as np
import pytest

from sacml.data import references, training_records
from sacml.design import (
    Constraints,
    Space,
    binding_window,
    default_objectives,
    ramp_from_records,
    rank,
)
from sacml.design.known import bundled
from sacml.design.objectives.defaults import MIN_VALUES
from sacml.domain import ALKALI, PRIMARY
from sacml.domain.shells import Shell
from sacml.errors import DesignError


@pytest.mark.parametrize("alkali", ALKALI)
def test_window_lies_between_bulk_and_graphene(alkali):
    window, refs = binding_window(alkali), references()
    assert window.low == pytest.approx(-refs.cohesive_energy_eV[alkali] - 0.5, abs=1e-5)
    assert window.high == pytest.approx(refs.graphene_binding_eV[alkali] - 0.1, abs=1e-5)


def test_window_can_be_moved_and_not_turned_over():
    moved = binding_window("Li", strong_margin_eV=0.8)
    assert moved.low == pytest.approx(binding_window("Li").low - 0.3)
    with pytest.raises(DesignError, match="upside down"):
        binding_window("Li", strong_margin_eV=-2.0)
    with pytest.raises(ValueError, match="unknown alkali"):
        binding_window("Rb")


@pytest.mark.parametrize("alkali", ALKALI)
@pytest.mark.parametrize("target", ["nucleation_overpotential", "cycle_life"])
def test_ramps_span_the_labelled_values(alkali, target):
    ramp = ramp_from_records("r", target, alkali)
    records = training_records(target).records
    own = [r.value for r in records if r.alkali == alkali]
    values = own if len(own) >= MIN_VALUES else [r.value for r in records]
    assert (ramp.low, ramp.high) == pytest.approx(np.quantile(values, [0.1, 0.9]), rel=0.01)
    assert f"{len(values)} labelled values" in ramp.source


def test_a_window_target_has_no_ramp():
    with pytest.raises(DesignError, match="no better direction"):
        ramp_from_records("r", "binding_energy", "Li")


def test_default_objectives_follow_the_surrogates():
    names = [o.name for o in default_objectives("Na", PRIMARY)]
    assert names == [
        "binding energy", "low overpotential", "long life", "stability", "cost", "abundance",
        "supply concentration", "criticality", "hazard",
    ]  # fmt: skip
    assert [o.name for o in default_objectives("Na", [])] == names[3:]


def test_bundled_systems_hold_labels_and_reports():
    shells = bundled().shells(1)
    assert Shell.parse("N4") in shells
    assert any(r for s in bundled().systems for r in s.record_ids)


@pytest.mark.parametrize("alkali", ALKALI)
def test_default_space_lies_within_reach(alkali):
    space = Space.default(alkali)
    assert 0 < space.size() < space.declared_size()
    assert space.size() + space.refused().total() == space.declared_size()
    reported = {n: Constraints().reported(n) for n in (1, 2)}
    table = next(space.chunks(10**6))
    pairs = {(len(table.centres[c]), s) for c, s in
             zip(table.centre_index, table.shell_index, strict=True)}  # fmt: skip
    for n, s in pairs:
        assert any(table.shells[s].distance(other) <= 1 for other in reported[n])


def test_ranking_with_all_defaults(surrogates):
    found = rank(Space.default("Na", constraints={"exclude_metals": ["Co", "Pt"],
                               "max_price_usd_per_kg": 50}), surrogates, keep=12)  # fmt: skip
    assert len(found) == 12
    assert all(p.facts["price_usd_per_kg"] <= 50 for p in found)
    assert not any({"Co", "Pt"} & set(p.candidate.site.metals) for p in found)
    assert found.n_ranked + found.refused.total() == found.n_declared


def test_import_stays_light():
    code = (
        "import sys, sacml.design; "
        "print([m for m in ('torch', 'mlflow', 'matplotlib', 'plotly', 'sklearn', 'pandas') "
        "if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
