"""Training: missing labels, grouped inner folds, seeds, going on, starting from another body."""

import numpy as np
import pytest
import torch

from sacml.errors import SacmlError
from sacml.models.gnn.batches import collate
from sacml.models.gnn.fitting import fit_ensemble, inner_folds
from sacml.models.gnn.network import NetworkOptions
from sacml.models.gnn.training import TrainingOptions
from sacml.models.gnn.trim import trim
from sacml.structures import build
from sacml.structures.graphs import GraphOptions, graphs

METALS = ("Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu")
SMALL = NetworkOptions("invariant", width=8, layers=1, basis=6, cutoff_A=3.0)
SHORT = TrainingOptions(members=2, epochs=4, batch=4)


@pytest.fixture(scope="module")
def made():
    return graphs([build(f"{m}-N4@graphene", "Li") for m in METALS], options=GraphOptions(3.0))


def test_a_smooth_trend_over_metals_is_learned(made):
    y = np.arange(8.0)
    training = TrainingOptions(members=1, epochs=120, patience=120, batch=8, rate=1e-2)
    ensemble = fit_ensemble(made, y, [0] * 8, targets=("y",), network=SMALL, training=training)
    assert np.abs(ensemble.predict(made)[:, 0] - y).mean() < 0.3


def test_missing_labels_teach_nothing_and_all_targets_are_predicted(made):
    y = np.column_stack([np.arange(8.0), -np.arange(8.0)])
    y[3:, 1] = np.nan
    found = fit_ensemble(made, y, targets=("a", "b"), network=SMALL, training=SHORT)
    assert found.predict(made).shape == (8, 2)
    assert np.isfinite(found.predict(made)).all()
    assert found.mean.tolist() == [3.5, -1.0]  # of the labels that are there
    with pytest.raises(SacmlError, match="no graph has a label of b"):
        fit_ensemble(made, np.column_stack([y[:, 0], np.full(8, np.nan)]), targets=("a", "b"),
                     network=SMALL, training=SHORT)  # fmt: skip


def test_loss_reads_no_missing_label(made):
    from sacml.models.gnn.lightning_module import _errors

    found = torch.tensor([[1.0, 5.0]], requires_grad=True)
    there, error = _errors(found, torch.tensor([[0.5, float("nan")]]))
    assert there.tolist() == [[1.0, 0.0]]
    error.abs().sum().backward()
    assert found.grad.tolist() == [[1.0, 0.0]]


def test_same_seed_same_numbers_and_another_seed_others(made):
    y = np.arange(8.0)

    def fit(seed):
        return fit_ensemble(made, y, targets=("y",), network=SMALL, training=SHORT, seed=seed)

    state = torch.random.get_rng_state()
    first, again, other = (fit(s).predict(made) for s in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    assert torch.equal(state, torch.random.get_rng_state())  # the caller's randomness is his own


def test_a_stopped_run_goes_on_to_the_same_result(made, tmp_path):
    y, whole = np.arange(8.0), TrainingOptions(members=1, epochs=30, patience=30, batch=4)
    given = {"targets": ("y",), "network": SMALL}
    straight = fit_ensemble(made, y, training=whole, folder=tmp_path / "a", **given)

    class StoppedError(Exception):
        pass

    from sacml.models.gnn import lightning_module

    original = lightning_module.Fitting.on_train_epoch_start

    def stop(self):
        original(self)
        if self.current_epoch == 14:
            raise StoppedError

    lightning_module.Fitting.on_train_epoch_start = stop
    try:
        with pytest.raises(StoppedError):
            fit_ensemble(made, y, training=whole, folder=tmp_path / "b", **given)
    finally:
        lightning_module.Fitting.on_train_epoch_start = original
    assert (tmp_path / "b/member_0/last.ckpt").is_file()
    resumed = fit_ensemble(made, y, training=whole, folder=tmp_path / "b", **given)
    assert (resumed.predict(made) == straight.predict(made)).all()


def test_inner_folds_keep_groups_together():
    groups = list("aabbccddeeff")
    folds = inner_folds(groups, 5, 0)
    assert sorted(np.concatenate(folds).tolist()) == list(range(12))
    for fold in folds:
        here = {groups[k] for k in fold}
        assert not here & {groups[k] for k in range(12) if k not in fold}
    assert inner_folds(["a"] * 4, 5, 0) == []


def test_spread_is_that_of_the_networks(made):
    ensemble = fit_ensemble(made, np.arange(8.0), targets=("y",), network=SMALL, training=SHORT)
    members = ensemble.predict_members(made)
    assert members.shape == (2, 8, 1)
    np.testing.assert_allclose(ensemble.predict(made), members.mean(axis=0))
    np.testing.assert_allclose(ensemble.spread(made), np.abs(members[0] - members[1]) / 2**0.5)


def test_a_frozen_body_is_taken_over_unchanged(made):
    y = np.arange(8.0)
    first = fit_ensemble(made, y, targets=("y",), network=SMALL, training=SHORT)
    frozen = TrainingOptions(members=2, epochs=4, batch=4, body_rate=0.0)
    second = fit_ensemble(made, -y, targets=("z",), network=SMALL, training=frozen, initial=first)
    for old, new in zip(first.members, second.members, strict=True):
        for a, b in zip(old.body(), new.body(), strict=True):
            for p, q in zip(a.parameters(), b.parameters(), strict=True):
                assert torch.equal(p, q)
    wider = NetworkOptions("invariant", width=16, layers=1, basis=6, cutoff_A=3.0)
    with pytest.raises(SacmlError, match="cannot start"):
        fit_ensemble(made, y, targets=("y",), network=wider, training=SHORT, initial=first)


def test_scalers_of_the_inputs_come_from_the_rows_given():
    built = build("Co-N4@graphene", "Li")
    given = graphs(
        [built] * 4, [{"a": float(k), "b": 1.0} for k in range(4)], options=GraphOptions(3.0)
    )
    found = fit_ensemble(given[:3], np.arange(3.0), targets=("y",), inputs=("a", "b"),
                         network=SMALL, training=SHORT)  # fmt: skip
    assert found.members[0].input_mean.tolist() == [1.0, 1.0]
    assert found.members[0].input_scale.tolist() == pytest.approx([(2 / 3) ** 0.5, 1.0])
    with pytest.raises(SacmlError, match=r"inputs, 1 are named"):
        fit_ensemble(given, np.arange(4.0), targets=("y",), inputs=("a",), network=SMALL)
    with pytest.raises(SacmlError, match="labels of shape"):
        fit_ensemble(given, np.arange(3.0), targets=("y",), inputs=("a", "b"), network=SMALL)


def test_a_batch_holds_nodes_by_their_steps_to_the_site(made):
    batch = collate([trim(d, 2) for d in made[:3]], torch.zeros(3, 1), torch.ones(3), 2)
    assert batch.node_counts[0] == 3 * 6  # centre, four of the shell, the alkali
    for k in range(2):
        rows = slice(0, batch.edge_counts[k])
        assert (batch.edge_index[1, rows] < batch.node_counts[k]).all()
        assert (batch.edge_index[1, batch.edge_counts[k] :] >= batch.node_counts[k]).all()
    assert (batch.graph[batch.edge_index[0]] == batch.graph[batch.edge_index[1]]).all()
