import csv

import numpy as np
import pytest

from sacml._resources import dataset_path
from sacml.data.cheap_engines import engine_errors, practice_warning


def rows(name):
    with dataset_path("dft", name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_errors_are_those_of_the_table():
    lowest = {r["record_id"] for r in rows("binding.csv") if r["lowest_of_starts"] == "True"}
    mine = [
        r for r in rows("cheap_engines.csv")
        if r["engine"] == "gfn1" and r["mode"] == "single_point" and r["record_id"] in lowest
    ]  # fmt: skip
    error = np.array([float(r["engine_eV"]) - float(r["dft_eV"]) for r in mine])
    found = engine_errors()["gfn1"]
    assert found.labels == len(mine) >= 27
    assert found.mae_eV == pytest.approx(np.abs(error).mean())
    assert found.bias_eV == pytest.approx(error.mean())
    n4 = [r for r in mine if r["alkali"] == "Li" and r["site"].endswith("-N4@graphene")
          and r["site"] != "vac-N4@graphene"]  # fmt: skip
    dft, cheap = (np.array([float(r[c]) for r in n4]) for c in ("dft_eV", "engine_eV"))
    assert found.r == pytest.approx(np.corrcoef(dft, cheap)[0, 1])


def test_every_start_was_compared_and_energies_are_those_of_the_labels():
    labels = {r["record_id"]: r for r in rows("binding.csv") if r["fidelity"] == "dft_own"}
    for engine in ("gfn1", "chgnet"):
        mine = [r for r in rows("cheap_engines.csv")
                if (r["engine"], r["mode"]) == (engine, "single_point")]  # fmt: skip
        assert {r["record_id"] for r in mine} == set(labels)
        for r in mine:
            label = float(labels[r["record_id"]][f"binding_energy_{r['reference']}_eV"])
            assert float(r["dft_eV"]) == pytest.approx(label, abs=1e-4)


def test_the_warning_states_the_measured_error():
    text = practice_warning("ASE-GFN1-xTB")
    assert f"{engine_errors()['gfn1'].mae_eV:.2f} eV" in text
    assert "practice" in text
    assert "no released model" in text


def test_an_engine_that_was_not_tried_is_said_to_be_unknown():
    text = practice_warning("ASE-EMT")
    assert "not known" in text
    errors = [e.mae_eV for e in engine_errors().values()]
    assert f"{max(errors):.1f} eV" in text
