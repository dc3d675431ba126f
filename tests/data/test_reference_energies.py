import pytest

from sacml.data import load_dataset, references


def test_references_turn_one_form_into_the_others():
    known = references()
    assert set(known.cohesive_energy_eV) == set(known.graphene_binding_eV) == {"Li", "Na", "K"}
    assert known.cohesive_energy_eV["Li"] == pytest.approx(1.608, abs=1e-3)
    energies = {r.record_id: r for r in load_dataset("dft") if r.fidelity == "dft_own"}
    for name, record in energies.items():
        if record.reference != "atom":
            continue
        bulk = energies[name.replace("_atom", "_bulk")].value
        assert bulk == pytest.approx(
            record.value + known.cohesive_energy_eV[record.alkali], abs=2e-5
        )
        if (text := record.fact("relative_to_graphene_eV")) is None:
            # no graphene in the cell of another host
            assert str(record.site.host) != "graphene"
            continue
        relative = float(text)
        assert relative == pytest.approx(
            record.value - known.graphene_binding_eV[record.alkali], abs=2e-5
        )


def test_the_level_of_theory_is_that_of_the_labels():
    own = [r for r in load_dataset("dft") if r.fidelity == "dft_own"]
    assert {r.level_of_theory for r in own} == {references().level_of_theory}
