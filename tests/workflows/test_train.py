"""Studies of seconds: roles, cards and own labels."""

import pytest
from shell import rows_of

from sacml.errors import SacmlError
from sacml.models import store
from sacml.workflows import StudyConfig, predict, train
from sacml.workflows.candidate_files import write_csv
from sacml.workflows.propose import propose
from sacml.workflows.roles import load_refine, load_surrogates
from sacml.workflows.train import release

METALS = ("Co", "Fe", "Ni", "Zn", "Mn", "Cr", "V", "Ti", "Cu", "Pd")
TINY = {"trained_on": ["sac"], "splits": ["leave_one_metal_out"]}


def study(folder, **settings):
    config = StudyConfig.make(TINY | settings)
    return train(config, folder=folder, track=False, report=False)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A study whose refine model is another than its screen model."""
    return study(tmp_path_factory.mktemp("two"), targets=["binding_energy"], models=["constant"],
                 refine=["alkali_mean"])  # fmt: skip


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """A study in which one model serves both roles."""
    return study(tmp_path_factory.mktemp("one"), targets=["binding_energy"],
                 models=["constant", "alkali_mean"], refine=["constant"])  # fmt: skip


@pytest.fixture(scope="module")
def own_labels(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "mine.csv"
    lines = ["record_id,site,alkali,binding_energy_eV,reference,level_of_theory,fidelity,"
             "source_group"]  # fmt: skip
    lines += [
        f"{metal}/{alkali},{metal}-N4@graphene,{alkali},{-5 - 0.1 * i - (alkali == 'Li')},atom,"
        "GFN1-xTB,practice,me"
        for i, metal in enumerate(METALS)
        for alkali in ("Li", "Na")
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_each_role_is_stored_where_it_is_looked_for(two):
    root = two.folder / "models"
    screen = load_surrogates(models=root)
    refine = load_refine(screen, root)
    assert screen["binding_energy"].model == "constant"
    assert screen["binding_energy"].facts["roles"] == ["screen"]
    assert refine["binding_energy"].model == "alkali_mean"
    assert refine["binding_energy"].facts["roles"] == ["refine"]
    assert load_surrogates(models=root / "refine")["binding_energy"].version == (
        refine["binding_energy"].version
    )
    assert two.surrogates["binding_energy"].version == screen["binding_energy"].version
    assert two.refined["binding_energy"].version == refine["binding_energy"].version


def test_a_screen_model_is_judged_among_screen_models_alone(two):
    screen, refine = (s["binding_energy"].facts["evaluation"] for s in
                      (two.surrogates, two.refined))  # fmt: skip
    assert {s["model"] for s in screen["scores"]} == {"constant"}
    assert {s["model"] for s in refine["scores"]} == {"constant", "alkali_mean"}
    assert screen["chosen_by_rule"]
    assert refine["chosen_by_rule"]
    assert set(two.evaluations["binding_energy"].scores["model"]) == {"constant", "alkali_mean"}


def test_refine_shows_both_answers_and_how_they_differ(two):
    root = two.folder / "models"
    plain = predict("Co-N4@graphene", "Li", models=root)
    (row,) = predict("Co-N4@graphene", "Li", models=root, refine=True)
    assert [row.value] == [r.value for r in plain]
    assert plain[0].refined is None
    (second,) = predict("Co-N4@graphene", "Li", models=root / "refine")
    assert (row.refined.value, row.refined.lower, row.refined.upper) == (
        second.value, second.lower, second.upper,
    )  # fmt: skip
    assert not row.refined.same_model
    shown = row.to_dict()["refine"]
    assert shown["difference"] == pytest.approx(second.value - row.value, rel=1e-3)
    assert shown["intervals_overlap"] is True


def test_one_model_in_both_roles_is_stored_once_and_says_so(one):
    root = one.folder / "models"
    assert not (root / "refine").exists()
    (row,) = predict("Co-N4@graphene", "Li", models=root, refine=True)
    assert row.refined.same_model
    assert row.refined.value == row.value
    card = (root / "binding_energy" / "MODEL_CARD.md").read_text()
    assert "one model serves both" in card
    assert one.refined["binding_energy"] is one.surrogates["binding_energy"]


def test_a_folder_without_refine_models_is_named(two, tmp_path):
    store.save(two.surrogates["binding_energy"], tmp_path / "binding_energy")
    with pytest.raises(SacmlError, match=r"no refine surrogate of binding_energy in .*refine"):
        predict("Co-N4@graphene", "Li", models=tmp_path, refine=True)
    with pytest.raises(SacmlError, match=r"did you mean .*models"):
        predict("Co-N4@graphene", "Li", models=two.folder)


def test_a_table_has_the_columns_of_the_second_answer(two, tmp_path):
    root = two.folder / "models"
    rows = predict(["Co-N4@graphene", "Sc-N4@graphene"], "Na", models=root, refine=True)
    write_csv(rows, tmp_path / "out.csv")
    first, _ = rows_of(tmp_path / "out.csv")
    assert float(first["refine_value"]) == pytest.approx(rows[0].refined.value, rel=1e-3)
    assert float(first["refine_minus_screen"]) == pytest.approx(
        rows[0].refined.value - rows[0].value, rel=1e-3
    )
    assert first["intervals_overlap"] == "True"
    write_csv(predict("Co-N4@graphene", "Na", models=root), tmp_path / "plain.csv")
    assert "refine" not in (tmp_path / "plain.csv").read_text()


def test_the_cards_are_written_by_the_run(two):
    folder = two.folder / "models" / "binding_energy"
    model, data = ((folder / name).read_text() for name in ("MODEL_CARD.md", "DATA_CARD.md"))
    assert "**In-domain flag.** The in-domain flag is " in model
    assert "CC-BY-4.0" in model
    assert "datasets/dft/README.md" in data
    assert f"{len(two.datasets['binding_energy'])} records" in data


def test_own_labels_make_a_surrogate_of_their_own_level(own_labels, tmp_path):
    found = study(tmp_path, data=str(own_labels), models=["constant", "alkali_mean"])
    assert set(found.surrogates) == {"binding_energy"}
    written = StudyConfig.read(tmp_path / "config.toml")
    assert written.targets == ("binding_energy",)
    assert written.data == str(own_labels)
    root = tmp_path / "models"
    (row,) = predict("Co-N4@graphene", "Li", models=root)
    assert row.value < -5, "not pooled with the released labels"
    assert row.reference == "GFN1-xTB, against the isolated atom"
    assert row.extra == {}, "the references of our own protocol do not apply"
    write_csv([row], tmp_path / "out.csv")
    assert '"GFN1-xTB, against the isolated atom",,' in (tmp_path / "out.csv").read_text()
    assert "whoever trained" in (root / "binding_energy" / "DATA_CARD.md").read_text()
    assert "CC-BY" not in (root / "binding_energy" / "MODEL_CARD.md").read_text()
    listed = propose("Li", top=1, models=root)
    assert list(next(iter(listed)).predictions) == ["binding_energy"]


def test_own_labels_without_the_target_asked_for_are_named(own_labels, tmp_path):
    with pytest.raises(SacmlError, match="holds no cycle_life"):
        study(tmp_path, data=str(own_labels), targets=["cycle_life"])


def test_a_release_replaces_each_role_and_leaves_nothing_stale(tmp_path):
    tiny = TINY | {"targets": ["binding_energy"], "models": ["constant"]}
    kept = tmp_path / "cycle_life"
    kept.mkdir()
    for refine, both in ((["alkali_mean"], True), ([], False)):
        config = StudyConfig.make(tiny | {"refine": refine})
        release(tmp_path, config, say=lambda _: None)
        assert (tmp_path / "refine" / "binding_energy").exists() is both
        assert load_surrogates(["binding_energy"], tmp_path)
    assert kept.exists(), "models of other targets stay"


def test_proposals_without_all_targets_are_refused_before_the_work(tmp_path):
    with pytest.raises(SacmlError, match="nucleation_overpotential, cycle_life not among"):
        study(tmp_path / "out", targets=["binding_energy"], proposals=[{"alkali": "Li"}])
    assert not (tmp_path / "out").exists()
