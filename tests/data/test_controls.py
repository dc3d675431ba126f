import pytest

from sacml._resources import dataset_path
from sacml.data import Record, load_dataset
from sacml.data.controls import differences, match_rows, write_differences
from sacml.domain import Conditions, Site


def record(ident, value, control=False, bound="reported", **changes):
    given = {
        "site": Site.parse("@graphene" if control else "Co-N4@graphene"), "alkali": "Li",
        "target": "cycle_life", "source_group": "g", "is_control": control, "bound": bound,
        "conditions": Conditions(current_density_mA_cm2=1.0, cell="symmetric"),
    }  # fmt: skip
    return Record(f"{ident}/cycle_life", value=value, **(given | changes))


def test_the_bundled_differences_are_regenerated_identically(tmp_path):
    path = tmp_path / "differences.csv"
    write_differences(path, load_dataset("literature").records)
    assert path.read_bytes() == dataset_path("literature", "differences.csv").read_bytes()


def test_the_bundled_rows_name_their_controls():
    data = load_dataset("literature")
    found = match_rows(data.records)
    assert found["REV-70-01"] == ("REV-70-02", "REV-70-03")
    for r in data:
        assert r.control_ids == found.get(r.row_id, ())


def test_energies_at_different_places_are_not_compared():
    data = load_dataset("literature")
    pairs = {(d.record_id, d.control_record_id) for d in differences(data.records)}
    assert ("REV-63-02/binding_energy", "REV-63-03/binding_energy") in pairs
    assert not any(a.startswith("REV-63-01") for a, _ in pairs)


@pytest.mark.parametrize(
    "changes",
    [
        {"source_group": "h"},
        {"alkali": "Na"},
        {"conditions": Conditions(current_density_mA_cm2=2.0, cell="symmetric")},
        {"conditions": Conditions(current_density_mA_cm2=1.0, cell="half")},
        {"conditions": Conditions(current_density_mA_cm2=1.0, cell="symmetric",
                                  temperature_C=60)},
        {"source_group": ""},
    ],
)  # fmt: skip
def test_a_control_must_match(changes):
    one, other = record("a", 900), record("c", 300, control=True)
    assert differences([one, other])[0].difference == 600
    assert differences([one, record("c", 300, control=True, **changes)]) == ()


@pytest.mark.parametrize(
    ("bound", "control", "left"),
    [
        ("reported", "reported", "reported"),
        ("lower", "reported", "lower"),
        ("lower", "upper", "lower"),
        ("reported", "lower", "upper"),
        ("upper", "failure", "upper"),
        ("lower", "lower", "undetermined"),
    ],
)
def test_bounds_of_a_difference(bound, control, left):
    rows = [record("a", 900, bound=bound), record("c", 300, control=True, bound=control)]
    assert differences(rows)[0].bound == left


def test_comparators_from_other_papers_are_no_controls():
    for r in load_dataset("literature"):
        if (r.control_kind or "").startswith("external"):
            assert not r.is_control
