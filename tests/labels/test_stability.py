"""The stability of a metal out of a campaign, by a real calculator in this process."""

import contextlib

import pytest

from sacml.domain import Candidate
from sacml.labels import ProtocolSettings, binding_label, signs
from sacml.labels.binding import binding_labels
from sacml.labels.campaign import Campaign
from sacml.labels.engines import process, worker
from sacml.labels.table import tables

SETTINGS = ProtocolSettings.from_dict({
    "engine": "ase:ase.calculators.lj:LennardJones", "max_steps": 1,
    "engine_options": {"sigma": 1.2, "epsilon": 0.05, "rc": 4.0},
    "bulk_scales": [0.5, 0.52, 0.54, 0.56, 0.58],
})  # fmt: skip


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    def run(python, folder, limits, environment, log):
        with contextlib.chdir(folder):
            worker.main(folder, 0)
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "_run", run)
        with Campaign(tmp_path_factory.mktemp("stability"), SETTINGS) as campaign:
            texts = ("Co-N4@graphene;Li", "Mn-N4@graphene;Li", "Ga-N4@graphene;Li",
                     "Fe+Ni-N6@graphene;Li")  # fmt: skip
            _new, refused = campaign.add_candidates(
                map(Candidate.parse, texts), ("ring6",), stability=True, relative=False
            )
            status = campaign.run()
            yield campaign, campaign.results(), refused, status


def test_stability_is_that_of_the_definition(campaign):
    _, results, _, _status = campaign
    label = binding_label("Co-N4@graphene", "Li", results)
    energies = {k: r.energy_eV for k, r in results.items()}
    held = energies["site/Co-N4@graphene"] - energies["site/vac-N4@graphene"]
    assert label.metal_stability_eV == pytest.approx(held - energies["bulk/Co"])
    assert label.metal_binding_atom_eV == pytest.approx(held - energies["atom/Co"])
    # the two forms differ by the computed cohesive energy, and by nothing else
    cohesive = signs.cohesive(*(signs.Energy.of(results[f"{k}/Co"]) for k in ("atom", "bulk")))
    assert label.metal_stability_eV == pytest.approx(label.metal_binding_atom_eV + cohesive)
    assert cohesive > 0


def test_a_metal_without_a_crystal_leaves_the_stability_empty(campaign):
    _, results, _, status = campaign
    label = binding_label("Ga-N4@graphene", "Li", results)
    assert label.metal_stability_eV is None
    assert label.metal_binding_atom_eV is not None  # kept apart, and not taken in its stead
    said = {f.key: f for f in status.failures}
    assert said["bulk/Ga"].failure == "bad_input"
    assert said["bulk/Ga"].tries == 1


def test_a_stand_in_for_the_metal_is_flagged(campaign):
    _, results, _, _ = campaign
    label = binding_label("Mn-N4@graphene", "Li", results)
    assert label.metal_stability_eV is not None
    assert any("alpha-Mn" in flag for flag in label.flags)


def test_a_site_without_an_empty_site_keeps_its_binding_energy(campaign):
    _, results, refused, _ = campaign
    assert [c for c, _ in refused] == ["Fe+Ni-N6@graphene;Li"]
    assert "stability is not computed" in refused[0][1]
    label = binding_label("Fe+Ni-N6@graphene", "Li", results)
    assert label.metal_stability_eV is None


def test_the_table_holds_both_forms_apart(campaign):
    folder, _, _, _ = campaign
    rows = {r["site"]: r for r in tables(folder.queue).starts}
    row = rows["Co-N4@graphene"]
    assert row["metal_stability_eV"] != row["metal_binding_atom_eV"]
    assert rows["Ga-N4@graphene"]["metal_stability_eV"] is None
    # dispersion is for PBE, which this is not: empty, with the reason
    assert row["d3_share_atom_eV"] is None
    assert "D3 is for PBE" in row["d3_status"]


def test_every_label_of_the_campaign_is_there(campaign):
    _, results, _, _ = campaign
    labels, refused = binding_labels(results)
    assert len(labels) == 4
    assert refused == []
