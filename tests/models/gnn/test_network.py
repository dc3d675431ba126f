"""The networks: what must not change a prediction, and that trimming is exact."""

import numpy as np
import pytest
import torch
from ase.build import make_supercell

from sacml.errors import SacmlError
from sacml.models.gnn.batches import collate
from sacml.models.gnn.layers import EquivariantLayer, RadialBasis
from sacml.models.gnn.network import Network, NetworkOptions
from sacml.models.gnn.trim import trim
from sacml.structures import build
from sacml.structures.graphs import GraphOptions, Marks, graph

CUTOFF = 4.3
KINDS = ("invariant", "equivariant")


@pytest.fixture(scope="module")
def site():
    atoms = build("Co-N4@graphene", "Li").to_atoms()
    atoms.positions += np.random.default_rng(3).normal(0, 0.05, atoms.positions.shape)
    return atoms


def network(kind, layers=2, inputs=0):
    torch.manual_seed(0)
    options = NetworkOptions(kind, width=8, layers=layers, basis=8, cutoff_A=CUTOFF)
    return Network(options, inputs, 2).double().eval()


def answer(model, *graphs):
    layers = model.options.layers
    doubled = [g.apply(lambda t: t.double() if t.is_floating_point() else t) for g in graphs]
    nothing = torch.zeros(len(graphs), 0)
    with torch.inference_mode():
        batch = collate([trim(g, layers) for g in doubled], nothing, nothing, layers)
        return model(batch).numpy()


def made(atoms, marks=None):
    return graph(atoms, marks=marks, options=GraphOptions(CUTOFF))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["translation", "rotation", "mirror", "order", "cell", "supercell"])
def test_prediction_does_not_depend_on_how_the_structure_is_written(kind, how, site):
    marks, new = Marks.of(site), site.copy()
    if how == "translation":
        new.positions += [3.1, -0.7, 2.2]
        new.wrap()
    elif how == "rotation":
        new.rotate(37, (1, 2, 0.5), rotate_cell=True)
    elif how == "mirror":
        new.set_cell(new.cell.array * [1, -1, 1])
        new.positions *= [1, -1, 1]
    elif how == "order":
        order = np.random.default_rng(0).permutation(len(new))
        back, new = np.argsort(order), new[order]
        marks = Marks(*(tuple(back[list(k)]) for k in (marks.centre, marks.shell, marks.guest)))
    elif how == "cell":
        new.set_cell([new.cell[0], new.cell[1] + 2 * new.cell[0], new.cell[2]])
    else:
        new, n = make_supercell(new, np.diag([2, 1, 1])), len(new)
        marks = Marks(
            *((*k, *(i + n for i in k)) for k in (marks.centre, marks.shell, marks.guest))
        )
    model = network(kind)
    np.testing.assert_allclose(
        answer(model, made(new, marks)), answer(model, made(site)), atol=2e-6
    )


@pytest.mark.parametrize("kind", KINDS)
def test_prediction_sees_metal_shell_and_positions(kind, site):
    model, here = network(kind), answer(network(kind), made(site))
    other_metal, other_shell, shifted = site.copy(), site.copy(), site.copy()
    marks = Marks.of(site)
    other_metal.symbols[marks.centre[0]] = "Fe"
    other_shell.symbols[marks.shell[0]] = "S"
    shifted.positions[marks.guest[0]] += [0.3, 0, 0]
    for changed in (other_metal, other_shell, shifted):
        assert np.abs(answer(model, made(changed)) - here).max() > 1e-5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layers", [1, 3])
def test_trimming_changes_no_prediction(kind, layers, site):
    big = make_supercell(site, np.diag([3, 3, 1]))
    data = graph(big, marks=Marks.of(site), options=GraphOptions(CUTOFF))
    model = network(kind, layers)
    everything = trim(data, 40)
    assert len(everything.x) == len(big)
    small = trim(data, layers)
    assert layers > 1 or len(small.x) < len(big) / 2
    assert small.edge_index.shape[1] < everything.edge_index.shape[1]
    nothing = torch.zeros(1, 0)
    whole = collate([everything], nothing, nothing, 40)
    # every layer updates every node
    whole.node_counts, whole.edge_counts = [len(big)] * layers, [len(whole.distance)] * layers
    with torch.inference_mode():
        model = model.float()
        batch = collate([small], nothing, nothing, layers)
        np.testing.assert_allclose(model(whole), model(batch), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_graphs_of_a_batch_do_not_see_each_other(kind, site):
    model = network(kind)
    other = made(build("Fe-N4@graphene", "Na").to_atoms())
    alone = np.vstack([answer(model, made(site)), answer(model, other)])
    np.testing.assert_allclose(answer(model, made(site), other), alone, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_prediction_is_smooth_where_an_edge_appears(kind, site):
    """An atom that crosses the cutoff must not make a step."""
    model, marks = network(kind, 1), Marks.of(site)
    centre, found = site.positions[marks.centre[0]], []
    away = np.array([(CUTOFF**2 - 4) ** 0.5, 0, 2])
    for factor in (1 - 1e-5, 1 + 1e-5):
        moved = site.copy()
        moved.positions[marks.guest[0]] = centre + factor * away
        found.append(made(moved))
    assert found[0].edge_index.shape[1] == found[1].edge_index.shape[1] + 2
    np.testing.assert_allclose(*(answer(model, g) for g in found), atol=1e-4)


def test_vectors_turn_with_the_structure():
    torch.manual_seed(1)
    layer, basis = EquivariantLayer(4, 6).double(), torch.rand(5, 6).double()
    edges = torch.tensor([[0, 1, 2, 0, 1], [1, 0, 0, 2, 2]])
    unit = torch.nn.functional.normalize(torch.randn(5, 3).double(), dim=1)
    x, v = torch.randn(3, 4).double(), torch.randn(3, 3, 4).double()
    turn = torch.linalg.qr(torch.randn(3, 3).double())[0]
    with torch.inference_mode():
        x1, v1 = layer(x, v, edges, basis, unit, 3)
        x2, v2 = layer(x, torch.einsum("ab,nbf->naf", turn, v), edges, basis, unit @ turn.T, 3)
    torch.testing.assert_close(x1, x2)
    torch.testing.assert_close(torch.einsum("ab,nbf->naf", turn, v1), v2)


def test_basis_vanishes_at_the_cutoff():
    basis = RadialBasis(5.0, 8)
    found = basis(torch.tensor([1.0, 5.0]), torch.tensor([1.0, 1.0]))
    assert found.shape == (2, 10)
    assert found[0].abs().max() > 0.5
    assert found[1].abs().max() < 1e-6


def test_options_out_of_range_are_refused():
    with pytest.raises(SacmlError, match="invariant"):
        NetworkOptions("transformer")
    with pytest.raises(SacmlError, match="width"):
        NetworkOptions(width=1)
    with pytest.raises(SacmlError, match="dropout"):
        NetworkOptions(dropout=1.0)
