import pytest

from sacml.data import Record, audit, load_dataset, require_poolable
from sacml.domain import Conditions, Site
from sacml.errors import MixedReferenceError


def life(hours, cell="symmetric", cycles="500", q=1.0, derived=False):
    conditions = Conditions(current_density_mA_cm2=1.0, areal_capacity_mAh_cm2=q, cell=cell)
    facts = (("cycles", cycles),) if cycles else ()
    return Record("a/cycle_life", Site.parse("@graphene"), "Li", "cycle_life", hours,
                  conditions=conditions, facts=facts, derived=derived)  # fmt: skip


def energy(ident, reference, group="g"):
    return Record(ident, Site.parse("@graphene"), "Li", "binding_energy", -1.0,
                  reference=reference, level_of_theory="PBE", source_group=group)  # fmt: skip


def test_hours_that_contradict_the_cycles_are_listed():
    (finding,) = audit([life(1200.0)])
    assert finding.record_id == "a/cycle_life"
    assert "1000 h" in finding.text


@pytest.mark.parametrize("hours", [1000.0, 910.0, 1090.0])
def test_ten_percent_are_allowed(hours):
    assert audit([life(hours)]) == ()


def test_the_identity_needs_everything_printed_and_no_full_cell():
    assert audit([life(5.0, cycles="")]) == ()
    assert audit([life(5.0, q=None)]) == ()
    assert audit([life(5.0, cell="full")]) == ()
    assert audit([life(5.0, derived=True)]) == ()
    assert len(audit([life(5.0, cell="half")])) == 1


def test_bundled_lives_agree_with_their_cycles():
    data = load_dataset("literature")
    checked = [r for r in data if r.target == "cycle_life" and not r.derived
               and r.fact("cycles") and r.conditions.areal_capacity_mAh_cm2
               and r.conditions.current_density_mA_cm2]  # fmt: skip
    assert len(checked) == 4
    assert not [f for f in audit(data.records) if f.check.startswith("t =")]


def test_a_source_that_mixes_references_is_listed():
    (finding,) = audit([energy("a", "atom"), energy("b", "ion")])
    assert finding.check == "mixed references"
    assert audit([energy("a", "atom"), energy("b", "bulk")]) == ()


def test_literature_energies_cannot_be_pooled():
    with pytest.raises(MixedReferenceError, match="select"):
        require_poolable(load_dataset("literature").select(target="binding_energy").records)
    series = load_dataset("series")
    with pytest.raises(MixedReferenceError, match="levels of theory"):
        require_poolable(series.records)
    # one alkali of one protocol is one population
    require_poolable(series.select(level_of_theory="VDW-DF/DZP").records)


def test_ions_never_mix_with_atoms():
    with pytest.raises(MixedReferenceError):
        require_poolable([energy("a", "atom"), energy("b", "ion")])
