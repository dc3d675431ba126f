import csv
import shutil
from pathlib import Path

import pytest

from sacml._resources import dataset_path
from sacml.data import training_records
from sacml.domain import Site
from sacml.errors import SacmlError
from sacml.labels import ProtocolSettings
from sacml.labels.campaign import Campaign
from sacml.labels.spins import SECOND_MOMENTS_MU_B
from sacml.workflows.config import ConfigError
from sacml.workflows.label import bundled_labels
from sacml.workflows.label_config import BASE, CampaignConfig

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
TEXT = """
candidates = ["Fe-N4@graphene;Li", "Zn-N4@graphene;Li"]
relative = false
[protocol]
preset = "tiny"
fmax_eV_A = 0.2
[variants.mesh]
protocol = { relax_kpts = [2, 2, 1] }
[variants.spin]
moments = { Fe = [4.0, 0.0] }
table_moments = false
"""


def read(tmp_path, text=TEXT):
    path = tmp_path / "c.toml"
    path.write_text(text)
    return CampaignConfig.read(path)


def test_a_variant_changes_what_it_names_and_keeps_the_rest(tmp_path):
    given = read(tmp_path)
    assert given.names == (BASE, "mesh", "spin")
    base, mesh, spin = (ProtocolSettings.from_table(given.variant(n).protocol) for n in given.names)
    assert (mesh.relax_kpts, mesh.fmax_eV_A, mesh.ecut_eV) == ((2, 2, 1), 0.2, 150.0)
    assert base.relax_kpts == (1, 1, 1)
    assert spin.digest == base.digest != mesh.digest
    assert given.variant("mesh").candidates == given.candidates
    assert given.variant("mesh").relative is False
    assert given.variant(BASE).variants == {}


def test_moments_are_by_metal_or_for_all(tmp_path):
    given = read(tmp_path)
    iron, zinc = Site.parse("Fe-N4@graphene"), Site.parse("Zn-N4@graphene")
    assert given.moments_of(iron) == (None,)
    spin = given.variant("spin")
    assert spin.moments_of(iron) == (4.0, 0.0)
    assert spin.moments_of(zinc) == (None,)  # nothing asked for: the table's
    assert spin.moments_of(Site.parse("Fe+Ni-N6@graphene")) == (4.0, 0.0)
    assert spin.moments_of(Site.parse("Zr-N4@graphene")) == (None,)
    every = CampaignConfig(candidates=("Fe-N4@graphene;Li",), moments=(1.0,))
    assert every.moments_of(zinc) == (None, 1.0)


def test_metals_with_a_lower_second_state_start_from_both_by_themselves():
    zirconium, zinc = Site.parse("Zr-N3@graphene"), Site.parse("Zn-N4@graphene")
    given = CampaignConfig(candidates=("Zr-N3@graphene;Li",), protocol={"preset": "pbe-pw340"})
    assert given.moments_of(zirconium) == (None, 2.0)
    assert given.moments_of(zinc) == (None,)
    alone = CampaignConfig(candidates=given.candidates, moments=())
    assert alone.moments_of(zirconium) == (None,)
    # what is no DFT has no second state to miss
    cheap = CampaignConfig(candidates=given.candidates, protocol={"engine": "ase:chgnet:CHGNet"})
    assert cheap.moments_of(zirconium) == (None,)


@pytest.mark.parametrize("metal", sorted(SECOND_MOMENTS_MU_B))
def test_the_second_state_is_lower_in_the_dataset(metal):
    """The table of second moments says what datasets/dft shows."""
    with dataset_path("dft", "calculations.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["kind"] == "site" and r["status"] == "ok"
                and r["fidelity"] == "dft_own" and r["metal"] == metal]  # fmt: skip
    moment = f"/m{SECOND_MOMENTS_MU_B[metal]}"
    plain = {r["site"]: float(r["energy_eV"]) for r in rows if "/m" not in r["key"]}
    other = {r["site"]: float(r["energy_eV"]) for r in rows if r["key"].endswith(moment)}
    assert set(other) <= set(plain)
    assert min(other[s] - plain[s] for s in other) < -0.05


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("[variants.a]\nname = 'b'", "cannot change name"),
        ("[variants.a]\nworkerz = 1", "cannot change workerz"),
        ("[variants.a]\nmoments = { Xx = [1.0] }", "Xx given"),
        ("[variants.a]\nmax_tries = 0", "max_tries"),
        ("[variants.a]\nprotocol = 3", "give settings by name"),
        ("[variants.base]\nrelative = true", "take another name"),
        ("[variants.'../a']\nrelative = true", "take another name"),
    ],
)
def test_a_bad_variant_is_told_when_the_file_is_read(tmp_path, more, said):
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, TEXT + more)


def test_metals_need_no_candidates(tmp_path):
    given = read(tmp_path, 'metals = ["Al", "Fe"]')
    assert given.read_candidates(tmp_path) == []
    with pytest.raises(ConfigError, match="Xx given"):
        read(tmp_path, 'metals = ["Xx"]')


def test_unknown_variants_are_named(tmp_path):
    with pytest.raises(ConfigError, match="base, mesh, spin"):
        read(tmp_path).variant("cell")


def test_the_noise_floor_is_valid_and_asks_for_what_it_says():
    given = CampaignConfig.read(EXPERIMENTS / "noise_floor.toml")
    settings = {n: ProtocolSettings.from_table(given.variant(n).protocol) for n in given.names}
    assert settings[BASE].digest == ProtocolSettings().digest
    mesh, cell = settings["kmesh_geometry"], settings["cell5x5"]
    assert mesh.relax_kpts == mesh.kpts == (2, 2, 1)
    assert cell.repeat == (5, 5)
    assert settings["second_spin"].digest == settings[BASE].digest
    levels = {n: s.level_of_theory for n, s in settings.items()}
    assert levels["lcao"] == "GPAW-LCAO-dzp/PBE"
    assert levels["lcao_on_chgnet"] == "GPAW-LCAO-dzp/PBE//ASE-CHGNet"
    candidates = given.read_candidates(EXPERIMENTS)
    assert {c.site.metals[0] for c in candidates} == {"Zr", "Fe", "Mn", "Co", "Ni", "Zn"}
    for c in candidates:  # each starts from another moment than the table's
        moments = given.variant("second_spin").moments_of(c.site)
        assert len(moments) == 1
        assert moments[0] is not None
    # and each has a bundled label to be compared with
    assert {(str(c.site), c.alkali) for c in candidates} <= set(bundled_labels())


def test_changes_are_taken_against_the_labels_and_not_against_what_measures_them():
    """The bundled table holds the variants too once they are computed."""
    labels = {(str(r.site), r.alkali): r.value for r in training_records("binding_energy")}
    assert {k: round(v, 4) for k, v in bundled_labels().items()} == {
        k: round(v, 4) for k, v in labels.items()
    }


@pytest.mark.parametrize("name", ["base", "kmesh_geometry", "second_spin", "cell5x5"])
def test_a_variant_of_the_noise_floor_is_two_references_and_two_tasks_a_site(tmp_path, name):
    given = CampaignConfig.read(EXPERIMENTS / "noise_floor.toml").variant(name)
    settings = ProtocolSettings.from_table(given.protocol)
    with Campaign(tmp_path, settings) as campaign:
        new, refused = campaign.add_candidates(
            given.read_candidates(EXPERIMENTS), given.places_of, given.moments_of,
            relative=given.relative, one_by_one=given.one_by_one,
            relaxed=given.read_relaxed(EXPERIMENTS),
        )  # fmt: skip
        held = [campaign.queue.claim().task for _ in range(3)]
    # in the wider cell graphene too
    assert (new, refused) == (2 + 2 * 6 + 2 * (name == "cell5x5"), [])
    assert (held[2].kind, held[2].inputs.structure is not None) == ("site", name != "base")


def test_files_to_begin_from_lie_beside_the_configuration(tmp_path):
    given = read(tmp_path, 'candidates = ["Co-N4@graphene;Li"]\nbegin_from = "mine.extxyz"')
    with pytest.raises(SacmlError, match=f"{tmp_path}/mine.extxyz"):
        given.read_relaxed(tmp_path)
    shutil.copy(dataset_path("dft", "structures.extxyz"), tmp_path / "mine.extxyz")
    assert "site/Co-N4@graphene" in given.read_relaxed(tmp_path)
    assert read(tmp_path, "").read_relaxed(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('place = ["ring6"]', r"unknown setting 'place'; did you mean 'places'\?"),
        ("[limits]\nwall = 3", r"unknown setting 'limits.wall' \(allowed: wall_s, memory_MB"),
        ('alkali = ["Rb"]', r"alkali = \['Rb'\]: Rb given; allowed: Li, Na, K"),
        ('places = { Xx = ["top"] }', "Xx given; allowed: Be, Mg"),
        ("max_tries = 0\ntop = 0", "2 wrong settings"),
    ],
)
def test_a_wrong_setting_is_told_in_words(tmp_path, text, said):
    with pytest.raises(ConfigError, match=said) as error:
        read(tmp_path, text)
    assert "Value error" not in str(error.value)
    assert "Extra inputs" not in str(error.value)


def test_places_may_differ_by_metal(tmp_path):
    given = read(tmp_path, 'places = { Zr = ["ring5"], Fe = ["ring6", "top"] }')
    asked = [given.places_of(Site.parse(f"{m}-N4@graphene")) for m in ("Zr", "Fe", "Co")]
    assert asked == [("ring5",), ("ring6", "top"), None]
    assert read(tmp_path, 'places = ["top"]').places_of(Site.parse("Co-N4@graphene")) == ("top",)


def test_the_metals_have_crystals():
    from sacml.labels.metals import bulk_metal

    given = CampaignConfig.read(EXPERIMENTS / "metals.toml")
    assert len(given.metals) > 30
    for metal in given.metals:
        assert len(bulk_metal(metal)) >= 1


def test_the_claims_wait_for_sites_that_are_built_at_the_settings_of_the_labels():
    from sacml.data.claims import claims
    from sacml.structures import build, places

    given = CampaignConfig.read(EXPERIMENTS / "review_claims.toml")
    settings = ProtocolSettings.from_table(given.protocol)
    assert settings.digest == ProtocolSettings().digest
    asked = given.read_candidates(EXPERIMENTS)
    for candidate in asked:
        structure = build(candidate.site, options=settings.build_options())
        assert places(structure, candidate.alkali)
    named = {x for claim in claims() for x in (claim.first, claim.second)}
    series = {"Mn-N3@graphene"}  # another metal of three N
    assert {str(c.site) for c in asked} - series <= named


def test_what_is_mended_begins_at_starts_that_the_dataset_holds(tmp_path):
    given = CampaignConfig.read(EXPERIMENTS / "mend.toml")
    relaxed = given.read_relaxed(EXPERIMENTS)
    for candidate in given.read_candidates(EXPERIMENTS):
        for place in given.places_of(candidate.site):
            assert f"ads/{candidate.site}/{candidate.alkali}/{place}" in relaxed


def test_the_pilot_stays_within_48_atoms_and_loadings_ask_for_several_atoms():
    from sacml.structures import build

    given = CampaignConfig.read(EXPERIMENTS / "pilot_hosts.toml")
    settings = ProtocolSettings.from_table(given.protocol)
    for candidate in given.read_candidates(EXPERIMENTS):
        structure = build(candidate.site, candidate.alkali, options=settings.build_options())
        assert len(structure.atoms) <= 48
    loadings = CampaignConfig.read(EXPERIMENTS / "loadings.toml")
    assert loadings.loadings == (2, 3)
    assert ProtocolSettings.from_table(loadings.protocol).digest == ProtocolSettings().digest
    with pytest.raises(ValueError, match="greater than or equal to 2"):
        CampaignConfig(loadings=(1,))
