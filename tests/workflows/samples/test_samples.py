"""Train on structures, judge on grouped folds, predict for others."""

import json

import numpy as np
import pytest
from ase.io import read, write

from sacml.data.samples import SampleError
from sacml.errors import SacmlError
from sacml.structures import build
from sacml.workflows.samples import predict_samples, train_samples

METALS = ("Mn", "Fe", "Co", "Ni", "Cu", "Zn")
SHELLS = ("N4", "N2C2(cis6)", "C4")
RADIUS = {"H": 0.3, "O": 1.0}


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """36 built sites; the number to learn is smooth in metal, shell and adsorbate."""
    frames = []
    for i, metal in enumerate(METALS):
        for j, shell in enumerate(SHELLS):
            atoms = build(f"{metal}-{shell}@graphene").atoms.copy()
            for adsorbate, shift in RADIUS.items():
                frame = atoms.copy()
                frame.info = {
                    "dG": shift + 0.4 * i - 0.3 * j + 0.1 * shift * i,
                    "adsorbate": adsorbate,
                    "lab": "A" if i < 3 else "B",
                    "part": "test" if metal == "Ni" else "train",
                }
                frames.append(frame)
    path = tmp_path_factory.mktemp("own") / "own.extxyz"
    write(path, frames, format="extxyz")
    return path


@pytest.fixture(scope="module")
def study(own, tmp_path_factory):
    return train_samples(own, "dG", "eV", group="lab", folder=tmp_path_factory.mktemp("out"))


def test_every_model_and_baseline_stands_on_every_split(study):
    splits = study.summary["splits"]
    assert set(splits) == {"random", "by_site", "leave_one_metal_out", "by_lab"}
    for models in splits.values():
        assert {"constant", "adsorbate_mean", "adsorbate_shell_mean", "adsorbate_metal_mean",
                "trees", "gp", "stack"} == set(models)  # fmt: skip
        assert all(m["n"] == 36 for m in models.values())
    assert study.summary["folds"]["leave_one_metal_out"] == len(METALS)


def test_models_learn_what_a_mean_cannot(study):
    scores = study.summary["splits"]["leave_one_metal_out"]
    assert scores["gp"]["mae"] < 0.5 * scores["adsorbate_shell_mean"]["mae"]


def test_no_held_out_row_shares_its_metal_with_its_training_rows(own):
    from sacml.data.samples import read_samples
    from sacml.features.samples import describe_samples
    from sacml.workflows.samples.folds import make_folds

    samples = read_samples(own, "dG", "eV")
    table = describe_samples(samples.samples)
    folds, _ = make_folds(samples, table, 0, None, None)
    metals, same = np.array(table.metals), np.array([s.identity() for s in samples.samples])
    for train, test in folds["leave_one_metal_out"].pairs:
        assert not set(metals[train]) & set(metals[test])
    for one in folds.values():
        tested = np.concatenate([test for _, test in one.pairs])
        assert sorted(tested) == list(range(36))
        for train, test in one.pairs:
            assert not set(same[train]) & set(same[test])


def test_the_column_that_groups_decides(study):
    assert study.summary["decided_by"] == "by_lab"
    assert study.summary["test_mae"] == study.summary["splits"]["by_lab"]["stack"]["mae"]


def test_a_predefined_test_set_is_kept_from_the_stored_model(own, tmp_path):
    got = train_samples(
        own, "dG", "eV", split="part", model="trees", compared=("trees",), folder=tmp_path
    )
    assert got.summary["decided_by"] == "predefined"
    assert got.summary["n_trained_on"] == 30
    frame = predict_samples(own, tmp_path / "model")
    asked = [i for i, a in enumerate(read(own, ":")) if a.info["part"] == "test"]
    observed = np.array([a.info["dG"] for a in read(own, ":")])
    mae = np.abs(frame["dG_eV"].to_numpy() - observed)[asked].mean()
    assert mae == pytest.approx(got.summary["test_mae"], abs=1e-4)
    assert any("metal Ni never seen" in frame["reasons"][i] for i in asked)


def test_written_summary_is_json_with_its_version(study):
    content = json.loads((study.folder / "summary.json").read_text())
    assert content["schema"] == "sacml.train.structures/1"
    assert content["splits"]["random"]["trees"]["mae"] > 0
    for name in ("report.html", "parity.png", "scores.csv", "held_out_random.csv"):
        assert (study.folder / name).stat().st_size > 0
    page = (study.folder / "report.html").read_text()
    assert "http" not in page.replace("http-equiv", "")


def test_predictions_say_what_is_unknown(study, tmp_path):
    from ase import Atoms

    known = build("Co-N4@graphene").atoms.copy()
    known.info = {"adsorbate": "O"}
    strange = build("Ru-N4@graphene").atoms.copy()
    strange.info = {"adsorbate": "CH3"}
    path = tmp_path / "ask.extxyz"
    write(path, [known, strange], format="extxyz")
    frame = predict_samples(path, study.folder / "model")
    assert frame["in_domain"].tolist() == [True, False]
    assert "adsorbate CH3 never seen" in frame["reasons"][1]
    assert "metal Ru never seen" in frame["reasons"][1]
    assert isinstance(known, Atoms)
    # two labs are too few groups for a finite interval of 90 %
    assert np.isinf(frame["upper_dG_eV"]).all()
    assert "too few" in frame["reasons"][0]


def test_the_same_seed_gives_the_same_numbers(own, tmp_path):
    one, two = (
        train_samples(
            own, "dG", "eV", seed=3, model="gp", compared=("gp",), folder=tmp_path / str(i)
        )
        for i in range(2)
    )
    assert one.summary["splits"] == two.summary["splits"]


def test_frames_that_cannot_be_read_or_described_are_named_at_once(own, tmp_path):
    frames = read(own, ":8")
    del frames[1].info["dG"]
    frames[5].numbers[frames[5].numbers > 20] = 6  # no metal is left
    path = tmp_path / "bad.extxyz"
    write(path, frames, format="extxyz")
    with pytest.raises(SampleError) as caught:
        train_samples(path, "dG", "eV", folder=tmp_path / "out")
    assert [p.frame for p in caught.value.problems] == ["bad.extxyz frame 2", "bad.extxyz frame 6"]
    assert "2 of 8 frames cannot be used" in str(caught.value)
    study = train_samples(path, "dG", "eV", model="trees", compared=("trees",), leave_out_bad=True,
                          folder=tmp_path / "out")  # fmt: skip
    assert study.summary["n"] == 6
    assert [p["frame"] for p in study.summary["left_out"]] == [
        p.frame for p in caught.value.problems
    ]


def test_the_stack_that_is_judged_is_the_one_that_is_stored(own, tmp_path):
    """Predictions of the stored model on the test rows are the held-out ones."""
    made = train_samples(own, "dG", "eV", split="part", folder=tmp_path / "out")
    held_out = made.predictions["predefined"]
    asked = tmp_path / "ask.extxyz"
    write(asked, [f for f in read(own, ":") if f.info["part"] == "test"], format="extxyz")
    found = predict_samples(asked, tmp_path / "out" / "model")
    assert np.allclose(found["dG_eV"], held_out["stack"], atol=1e-4)


def test_every_column_of_the_process_stands_in_one_block():
    from sacml.features.samples import NAMES, centre_columns, surroundings_columns
    from sacml.workflows.samples.design import columns

    blocks = columns().blocks
    given = [c for block in blocks for c in block]
    assert sorted(given) == sorted([*centre_columns(), *surroundings_columns()])
    assert [NAMES[b[0]] for b in blocks] == [
        "centre_period", "centre_group", "centre_unpaired_electrons", "centre_electronegativity",
        "centre_cohesive_energy", "centre_count", "geom_bond_length_min_A",
        "geom_shell_applicable", "ads_centre_distance_A",
    ]  # fmt: skip


def test_a_target_of_one_value_is_refused(own, tmp_path):
    frames = read(own, ":4")
    for frame in frames:
        frame.info["dG"] = 1.0
    path = tmp_path / "flat.extxyz"
    write(path, frames, format="extxyz")
    with pytest.raises(SacmlError, match="all 4 values of dG are 1"):
        train_samples(path, "dG", "eV", folder=tmp_path / "out")


def test_a_test_structure_that_was_trained_on_is_refused(own, tmp_path):
    frames = read(own, ":4")
    frames.append(frames[0].copy())
    for i, frame in enumerate(frames):
        frame.info["part"] = "test" if i == 4 else "train"
    path = tmp_path / "leak.extxyz"
    write(path, frames, format="extxyz")
    with pytest.raises(SacmlError, match="1 test structures of 'part' stand in the training rows"):
        train_samples(path, "dG", "eV", split="part", folder=tmp_path / "out")
