import hashlib
import io
import json
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from synthetic import dataset

from sacml.domain import Candidate
from sacml.errors import ModelFileError, UnknownNameError
from sacml.evaluation import evaluate
from sacml.features import CandidateTable
from sacml.models import files, fit_surrogate, load, load_released, save, store

DATA = dataset()
ASKED = CandidateTable.from_candidates(
    [Candidate.parse(t) for t in ("Co-N4@graphene;Li;j=1", "Zr-?@cnt;K", "@carbon;Na;j=90")]
)


@pytest.fixture(scope="module")
def evaluation():
    return evaluate(DATA, "cycle_life", ["constant"], ["leave_one_source_out"])


# one model of every kind of predictor
KINDS = ("constant", "alkali_mean", "conditions_only", "ridge", "extra_trees", "gaussian_process")


@pytest.fixture(scope="module")
def surrogates():
    """Surrogates by the name of their model, fitted when asked for."""

    class Fitted(dict):
        def __missing__(self, name):
            return self.setdefault(name, fit_surrogate(DATA, "cycle_life", name))

    return Fitted()


@pytest.fixture
def folder(tmp_path, surrogates):
    return save(surrogates["conditions_only"], tmp_path / "model")


def rewrite(folder, name, content):
    """Change a file and its digest with it, as somebody who means it would."""
    (folder / name).write_bytes(content)
    lines = [
        f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}"
        for n in (line.split("  ")[1] for line in (folder / "model.sha256").read_text().split("\n")
                  if line)
    ]  # fmt: skip
    (folder / "model.sha256").write_text("\n".join(lines) + "\n")


def change(folder, **values):
    content = json.loads((folder / "model.json").read_text())
    rewrite(folder, "model.json", json.dumps(content | values).encode())


@pytest.mark.parametrize("name", KINDS)
def test_round_trip(name, surrogates, tmp_path):
    saved = surrogates[name]
    loaded = load(save(saved, tmp_path))
    for column in ("value", "lower", "upper", "in_domain", "flags"):
        one, two = (getattr(s.predict(ASKED), column) for s in (saved, loaded))
        assert (one == two).all(), column
    assert (loaded.name, loaded.version) == (saved.name, saved.version)
    assert dict(loaded.facts) == json.loads(json.dumps(dict(saved.facts)))
    assert loaded.domain == saved.domain
    assert all(f.stat().st_size < files.MAX_BYTES for f in tmp_path.iterdir())


def test_finite_intervals_survive(evaluation, tmp_path):
    saved = fit_surrogate(DATA, "cycle_life", "constant", "all", 0, evaluation)
    loaded = load(save(saved, tmp_path))
    assert np.isfinite(loaded.predict(ASKED).upper).all()
    assert loaded.predict(ASKED, 0.5).upper[0] == saved.predict(ASKED, 0.5).upper[0]


def test_bounds_spread_and_limits_survive(evaluation, tmp_path):
    p = evaluation.predictions
    spread = 0.1 + p["residual"].abs()  # it tells the error, so that the interval follows it
    told = replace(evaluation, predictions=p.assign(model="extra_trees", spread=spread))
    stored = fit_surrogate(DATA, "cycle_life", "extra_trees", "all", 0, told)
    loaded = load(save(stored, tmp_path))
    assert loaded.calibration.normalised
    assert loaded.domain.limits == stored.domain.limits
    assert loaded.domain.limits.space is not None
    assert loaded.domain.limits.spread is not None
    for name in ("lower", "upper", "spread", "flags"):
        one, two = (getattr(s.predict(ASKED, 0.5), name) for s in (stored, loaded))
        assert (one == two).all(), name
    for optimistic in (False, True):
        one, two = (s.calibration.half_width(0.5, optimistic=optimistic) for s in (stored, loaded))
        assert one == two
    assert one < stored.calibration.half_width(0.5)  # half of the records are lower bounds


def test_a_folder_of_before_limits_and_bounds_still_loads(folder):
    content = json.loads((folder / "model.json").read_text())
    del content["domain"]["limits"]
    change(folder, domain=content["domain"])
    loaded = load(folder)
    assert loaded.domain.limits.space is None
    assert not loaded.calibration.normalised


def test_equal_models_give_equal_files(surrogates, tmp_path):
    for run in ("one", "two"):
        save(surrogates["extra_trees"], tmp_path / run)
    names = sorted(f.name for f in (tmp_path / "one").iterdir())
    assert names == ["MODEL_CARD.md", "arrays.npz", "model.json", "model.onnx", "model.sha256"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_kind_replaces_the_files_of_the_first(surrogates, folder):
    save(surrogates["constant"], folder)
    assert not (folder / "model.onnx").exists()
    assert load(folder).model == "constant"


@pytest.mark.parametrize("name", ["model.json", "model.onnx", "arrays.npz", "MODEL_CARD.md"])
@pytest.mark.parametrize("how", ["one bit", "truncated", "missing"])
def test_any_altered_file_is_refused(folder, name, how):
    file = folder / name
    content = file.read_bytes()
    before = hashlib.sha256(content).hexdigest()
    if how == "missing":
        file.unlink()
        with pytest.raises(ModelFileError, match=f"{name} is missing; restore the folder"):
            load(folder)
        return
    middle = len(content) // 2
    new = content[:middle]
    if how == "one bit":
        new += bytes([content[middle] ^ 1]) + content[middle + 1 :]
    file.write_bytes(new)
    with pytest.raises(ModelFileError) as caught:
        load(folder)
    text = str(caught.value)
    assert f"{name} was altered" in text
    assert before in text
    assert hashlib.sha256(new).hexdigest() in text
    assert "sacml train" in text


@pytest.mark.parametrize("name", ["model.json", "model.onnx", "arrays.npz"])
def test_truncated_files_with_matching_digests_are_refused_too(folder, name):
    rewrite(folder, name, (folder / name).read_bytes()[:100])
    with pytest.raises(ModelFileError, match="sacml train"):
        load(folder)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            {"descriptor_schema_digest": "ab"},
            "another descriptor schema: sha256 ab, this sacml has",
        ),
        ({"element_table_digest": "cd"}, "another element table: sha256 cd, this sacml has"),
        ({"schema_version": 2}, "schema version 2, this sacml reads 1"),
        ({"target": "cycle_lives"}, "cycle_life"),
        ({"unit": "d"}, "gives d on the scale log10, but cycle_life has h"),
        ({"kind": "pickle"}, "kind 'pickle' is not known"),
        ({"kind": "linear"}, "a model of kind 'linear' holds centre, coefficients"),
        ({"calibration": []}, r"wrong type of calibration \(dict\)"),
        ({"calibration": {}}, "does not hold a model: KeyError"),
        ({"calibration": {"n_groups": 3, "absolute_residuals": [1], "weights": [1]}}, "add up to"),
        ({"domain": {}}, "does not hold a model"),
        (
            {
                "calibration": {
                    "n_groups": 1,
                    "absolute_residuals": [1],
                    "weights": [1],
                    "spread": [-1],
                }
            },
            "spread must be finite and >= 0",
        ),
        ({"examples": {"level": 0.9, "rows": []}}, "holds no example"),
        ({"examples": {"level": 2, "rows": [{"candidate": "Co-N4@graphene;Li"}]}}, "level 2"),
    ],
)
def test_contents_that_do_not_fit_are_refused(folder, values, text):
    change(folder, **values)
    with pytest.raises(ModelFileError, match=text):
        load(folder)


def test_an_example_that_comes_out_otherwise_is_refused(folder):
    examples = json.loads((folder / "model.json").read_text())["examples"]
    examples["rows"][0]["value"] *= 1.01
    change(folder, examples=examples)
    with pytest.raises(ModelFileError, match="does not work as it did when it was made"):
        load(folder)


def test_nothing_is_unpickled(folder, surrogates, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "exploded"), "w"))

    save(surrogates["constant"], folder)
    out = io.BytesIO()
    np.savez(out, value=np.array([Bomb()], dtype=object))
    rewrite(folder, "arrays.npz", out.getvalue())
    with pytest.raises(ModelFileError, match=r"arrays\.npz cannot be read"):
        load(folder)
    rewrite(folder, "arrays.npz", pickle.dumps(Bomb()))
    with pytest.raises(ModelFileError, match=r"arrays\.npz cannot be read"):
        load(folder)
    assert not (tmp_path / "exploded").exists()


def test_arrays_that_do_not_fit_are_refused(folder, surrogates):
    save(surrogates["constant"], folder)
    for arrays, text in (
        ({"value": np.array([np.inf])}, "not finite"),
        ({"value": np.array([1.0], np.float32)}, "float32"),
        ({"other": np.array([1.0])}, "holds value; found other"),
    ):
        rewrite(folder, "arrays.npz", files.pack(arrays))
        with pytest.raises(ModelFileError, match=text):
            load(folder)


def test_columns_beyond_the_descriptors_are_refused(folder, surrogates):
    save(surrogates["ridge"], folder)
    arrays = files.unpack((folder / "arrays.npz").read_bytes())
    columns = arrays["columns"].copy()
    columns[-1] = 10_000
    rewrite(folder, "arrays.npz", files.pack(arrays | {"columns": columns}))
    with pytest.raises(ModelFileError, match="a column lies beyond"):
        load(folder)


def test_a_graph_that_reads_other_columns_is_refused(folder):
    arrays = files.unpack((folder / "arrays.npz").read_bytes())
    rewrite(folder, "arrays.npz", files.pack(arrays | {"columns": arrays["columns"][:-1]}))
    with pytest.raises(ModelFileError, match="expected one matrix"):
        load(folder)


def test_too_large_is_neither_written_nor_read(folder, surrogates, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MAX_BYTES", 1000)
    with pytest.raises(ModelFileError, match=r"at most 1000 are released"):
        save(surrogates["ridge"], tmp_path / "large")
    assert not (tmp_path / "large").exists()
    with pytest.raises(ModelFileError, match="is larger than 1000 bytes"):
        load(folder)


def test_a_member_that_would_unpack_too_large_is_refused(monkeypatch):
    packed = files.pack({"value": np.zeros(1000)})
    monkeypatch.setattr(files, "MAX_BYTES", 500)
    with pytest.raises(ModelFileError, match=r"value\.npy is larger than 500 bytes"):
        files.unpack(packed)


def test_no_model_and_foreign_files(tmp_path, folder):
    with pytest.raises(ModelFileError, match="there is no stored model in"):
        load(tmp_path / "nothing")
    with pytest.raises(UnknownNameError, match="cycle_life"):
        load_released("cycle_lif")
    (folder / "model.sha256").write_text("00  ../../etc/passwd\n")
    with pytest.raises(ModelFileError, match=r"lists \.\./\.\./etc/passwd; expected model"):
        load(folder)


def test_loading_and_predicting_imports_neither_scikit_learn_nor_pandas(folder):
    code = (
        "import sys\n"
        "from sacml.models.store import load\n"
        "from sacml.features import CandidateTable\n"
        "from sacml.domain import Candidate\n"
        "asked = CandidateTable.from_candidates([Candidate.parse('Co-?@hard_carbon;Li;j=1')])\n"
        "found = load(sys.argv[1]).predict(asked)\n"
        "assert found.reasons(0)\n"
        "heavy = {'sklearn', 'pandas', 'skl2onnx', 'onnx', 'mlflow', 'matplotlib', 'torch'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
