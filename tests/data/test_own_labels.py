"""Own labels as a level of theory of their own: read, selected, never pooled with the released."""

import csv
import json

import pytest

from sacml._resources import dataset_path
from sacml.data import load_dataset, read_labels, training_records
from sacml.data.records import COLUMNS, Record
from sacml.domain import Site
from sacml.errors import MixedReferenceError, SacmlError, UnknownNameError
from sacml.labels.table import BINDING

HEADER = ("record_id", "site", "alkali", "start", "binding_energy_atom_eV",
          "binding_energy_bulk_eV", "lowest_of_starts", "level_of_theory", "fidelity")  # fmt: skip
XTB = "ASE-GFN1-xTB"


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([HEADER, *rows])
    return path


def row(name, energy, lowest=True, level=XTB, fidelity="practice", bulk=""):
    return (name, f"{name.split('-')[0]}-N4@graphene", "Li", "ring6", energy, bulk, lowest, level,
            fidelity)  # fmt: skip


@pytest.fixture
def table(tmp_path):
    return write(tmp_path / "binding.csv", [row("Co-a", -2.0), row("Co-b", -1.5, lowest=False),
                                            row("Ni-a", -1.2)])  # fmt: skip


def test_the_columns_of_a_campaigns_table_are_known():
    schema = json.loads(dataset_path("dft", "schema.json").read_text(encoding="utf-8"))
    (binding,) = [t for t in schema["tables"] if t["file"] == "binding.csv"]
    assert set(BINDING) <= {c["name"] for c in binding["columns"]}


def test_practice_labels_are_kept_out_of_released_fits_but_fit_on_their_own(table):
    data = read_labels(table.parent, "mine")
    assert all("for practice" in r.not_for_fit for r in data if r.row_id != "Co-b")
    fitted = training_records("binding_energy", data)
    assert [(r.row_id, r.value) for r in fitted] == [("Co-a", -2.0), ("Ni-a", -1.2)]
    assert {r.fidelity for r in fitted} == {"practice"}
    assert fitted.name == "mine:binding_energy"
    assert not any(r.not_for_fit for r in fitted)
    assert fitted.digest != training_records("binding_energy").digest


def test_what_else_keeps_a_record_out_still_holds(table):
    fitted = training_records("binding_energy", read_labels(table))
    assert "Co-b" not in {r.row_id for r in fitted}  # not the lowest of its starts


def test_levels_are_never_pooled(tmp_path):
    path = write(tmp_path / "two.csv", [row("Co-a", -2.0), row("Ni-a", -1.2),
                                        row("Fe-a", -1.8, level="GPAW-LCAO-dzp/PBE",
                                            fidelity="dft_other_settings")])  # fmt: skip
    data = read_labels(path)
    with pytest.raises(MixedReferenceError, match=r"'ASE-GFN1-xTB' \(2\)"):
        training_records("binding_energy", data)
    one = training_records("binding_energy", data, level_of_theory="GPAW-LCAO-dzp/PBE")
    assert [r.row_id for r in one] == ["Fe-a"]
    with pytest.raises(UnknownNameError, match="GPAW-LCAO-dzp/PBE"):
        training_records("binding_energy", data, level_of_theory="GPAW-LCAO/PBE")


def test_the_reference_is_chosen_and_told_where_it_is_missing(tmp_path):
    data = read_labels(write(tmp_path / "bulk.csv", [row("Co-a", "", bulk=0.3)]))
    with pytest.raises(SacmlError, match="1 against 'bulk'"):
        training_records("binding_energy", data)
    (found,) = training_records("binding_energy", data, reference="bulk")
    assert found.value == 0.3
    with pytest.raises(UnknownNameError, match="atom"):
        training_records("binding_energy", data, reference="metal")


def test_imported_calculations_are_fitted_as_they_are_written(tmp_path):
    records = [
        Record(f"{m}/binding_energy_atom", Site.parse(f"{m}-N4@graphene"), "Li", "binding_energy",
               -1.5, reference="atom", level_of_theory="VASP/PBE", fidelity="dft_other_settings",
               not_for_fit="settings other than the protocol's: another fidelity than the released "
               "labels")
        for m in ("Co", "Ni")
    ]  # fmt: skip
    path = tmp_path / "own.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(r.to_dict() for r in records)
    assert len(training_records("binding_energy", read_labels(path))) == 2


def test_a_reason_of_the_users_own_is_kept(tmp_path):
    path = tmp_path / "own.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([(*HEADER, "not_for_fit"), (*row("Co-a", -2.0), "metal left its site")])
    with pytest.raises(SacmlError, match=r"metal left its site \(1\)"):
        training_records("binding_energy", read_labels(path))


def test_the_released_labels_hold_the_protocol_alone():
    assert {r.fidelity for r in training_records("binding_energy")} == {"dft_own"}
    again = training_records("binding_energy", load_dataset("dft"))
    assert [r.record_id for r in again] == [r.record_id for r in training_records("binding_energy")]
    # what measures the noise floor stands beside them, and is asked for by name
    others = [r for r in load_dataset("dft") if r.fidelity == "dft_other_settings"]
    level = others[0].level_of_theory
    wide = training_records("binding_energy", load_dataset("dft"), level_of_theory=level)
    assert {r.level_of_theory for r in wide} == {level}
