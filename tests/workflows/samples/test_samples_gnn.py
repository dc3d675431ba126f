"""Graph networks on a user's structures: judged, tracked, stored and asked like the others."""

import warnings

import numpy as np
import pytest
from ase.io import write

with warnings.catch_warnings():
    # torch_geometric calls torch.jit.script while it is imported
    warnings.simplefilter("ignore", DeprecationWarning)
    pytest.importorskip("torch_geometric.nn")
    pytest.importorskip("lightning.pytorch")

from sacml.data.samples import read_samples
from sacml.errors import ModelFileError
from sacml.features.samples import describe_samples
from sacml.models.gnn import samples as module
from sacml.models.gnn.network import NetworkOptions
from sacml.models.gnn.training import TrainingOptions
from sacml.structures import build
from sacml.structures.graphs import GraphError
from sacml.tracking import default_uri
from sacml.tracking.backend import connect
from sacml.workflows.samples import predict_samples, train_samples

METALS = ("Mn", "Fe", "Co", "Ni")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Two adsorbates asked of eight bare sites; one label is missing."""
    frames = []
    for i, metal in enumerate(METALS):
        for j, shell in enumerate(("N4", "C4")):
            for shift, adsorbate in ((0.3, "H"), (1.0, "O")):
                atoms = build(f"{metal}-{shell}@graphene").atoms.copy()
                atoms.info = {"dG": shift + 0.4 * i - 0.3 * j, "adsorbate": adsorbate}
                frames.append(atoms)
    path = tmp_path_factory.mktemp("own") / "own.extxyz"
    write(path, frames[:-1], format="extxyz")
    return path


@pytest.fixture(scope="module")
def study(own, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    patch = pytest.MonkeyPatch()
    patch.setattr(module, "TRAINING", TrainingOptions(members=1, epochs=3, batch=8))
    uri = default_uri(folder)
    made = train_samples(own, "dG", "eV", model="gnn", compared=("trees",), folder=folder / "out",
                         tracking_uri=uri)  # fmt: skip
    patch.undo()
    return made, uri


def graphs_of(path):
    samples = read_samples(path, "dG", "eV")
    table = describe_samples(samples.samples)
    return samples, module.sample_graphs(samples.samples, table.adsorbates)


def test_samples_of_one_structure_share_its_graph(own):
    _, found = graphs_of(own)
    assert [g.structure for g in found] == [k // 2 for k in range(15)]
    assert found[0].data is found[1].data
    # the centre and its shell are marked
    assert found[0].data.marks[:, 0].sum() == 1
    assert found[0].data.marks[:, 1].sum() == 4


def test_an_adsorbate_in_the_structure_is_its_guest(tmp_path):
    frames = []
    for height in (1.5, 1.9):
        atoms = build("Co-N4@graphene").atoms.copy()
        centre = int(np.flatnonzero(atoms.symbols == "Co")[0])
        atoms.append("H")
        atoms.positions[-1] = atoms.positions[centre] + [0, 0, height]
        atoms.info = {"dG": height, "adsorbate": "H", "ads_indices": [len(atoms) - 1]}
        frames.append(atoms)
    write(tmp_path / "in.extxyz", frames, format="extxyz")
    _, found = graphs_of(tmp_path / "in.extxyz")
    assert [g.structure for g in found] == [0, 1]
    assert found[0].data.marks[:, 2].sum() == 1


def test_it_stands_beside_the_others_on_the_same_rows(study):
    for models in study[0].summary["splits"].values():
        assert {"constant", "adsorbate_mean", "trees", "gnn"} <= set(models)
        assert "gp" not in models
        assert models["gnn"]["n"] == 15
        assert np.isfinite(models["gnn"]["mae"])
    assert "graph network" in (study[0].folder / "report.html").read_text()


def test_folds_and_epochs_are_steps_of_its_runs(study):
    made, uri = study
    client = connect(uri)
    experiment = client.get_experiment_by_name("sacml-dG")
    runs = {r.info.run_name: r for r in client.search_runs([experiment.experiment_id])}
    run = runs["gnn · all rows · random"]
    assert run.data.metrics["mae_all"] == made.summary["splits"]["random"]["gnn"]["mae"]
    for name in (f"fold {k}/member 1 train_loss" for k in range(1, 6)):
        course = client.get_metric_history(run.info.run_id, name)
        assert [m.step for m in course] == [0, 1, 2]
    assert len(client.get_metric_history(run.info.run_id, "fold_mae")) == 5
    assert not [k for k in runs["trees · all rows · random"].data.metrics if "member" in k]
    assert (
        "all rows/member 1 train_loss" in runs["gnn · all rows · fit on all of them"].data.metrics
    )
    assert {r.info.status for r in runs.values()} == {"FINISHED"}


def test_the_stored_networks_answer_for_others(study, own, tmp_path):
    model = study[0].folder / "model"
    assert {p.name for p in model.iterdir()} == {
        "model.json", "arrays.npz", "network.json", "weights.safetensors", "model.sha256",
    }  # fmt: skip
    frame = predict_samples(own, model)
    samples, graphs = graphs_of(own)
    again = module.SampleNetworks(training=TrainingOptions(members=1, epochs=3, batch=8))
    groups = np.array(describe_samples(samples.samples).metals)
    again.fit(graphs, samples.y, groups=groups)
    np.testing.assert_allclose(frame["dG_eV"], again.predict(graphs), rtol=1e-5)
    weights = model / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b" ")
    with pytest.raises(ModelFileError, match="altered"):
        predict_samples(own, model)


def test_an_adsorbate_never_seen_has_the_mean_of_the_others(own):
    samples, graphs = graphs_of(own)
    model = module.SampleNetworks(
        NetworkOptions("invariant", width=8, layers=1, basis=6),
        TrainingOptions(members=1, epochs=2),
    ).fit(graphs, samples.y)
    h, o = model.predict(graphs[:2])
    other = module.SampleGraph(graphs[0].data, "CH3", graphs[0].structure)
    assert model.predict([other]) == pytest.approx([(h + o) / 2], rel=1e-5)


def test_frames_without_a_graph_are_named(tmp_path):
    """An atom that reading lets pass may still be farther away than any edge reaches."""
    good = build("Co-N4@graphene").atoms.copy()
    bad = good.copy()
    bad.append("C")
    bad.positions[-1] = bad.positions[0] + [0, 0, 3.8]
    for k, atoms in enumerate((good, bad)):
        atoms.info = {"dG": float(k)}
    write(tmp_path / "bad.extxyz", [good, bad], format="extxyz")
    with pytest.raises(GraphError, match=r"1 of 2 structures.*\n.*frame 2.*isolated"):
        graphs_of(tmp_path / "bad.extxyz")


@pytest.mark.parametrize(("limit", "members"), [(8, 1), (9, 2)])
def test_one_network_serves_where_there_are_many_structures(own, monkeypatch, limit, members):
    monkeypatch.setattr(module, "TRAINING", TrainingOptions(members=2, epochs=1, batch=8))
    monkeypatch.setattr(module, "ONE_FROM", limit)
    samples, found = graphs_of(own)
    assert len({g.structure for g in found}) == 8
    assert len(module.SampleNetworks().fit(found, samples.y).ensemble_.members) == members
