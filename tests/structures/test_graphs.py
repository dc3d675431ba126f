"""Graphs of structures: every image, invariant to how the structure is written, errors by name."""

import warnings

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, make_supercell
from ase.neighborlist import neighbor_list

from sacml.domain import Candidate
from sacml.structures import build
from sacml.structures.graphs import GraphError, GraphOptions, Marks, graph, graphs
from sacml.structures.graphs_edges import Edges
from sacml.structures.graphs_elements import PROPERTIES, element_table
from sacml.structures.graphs_inputs import graph_inputs

with warnings.catch_warnings():
    # torch_geometric calls torch.jit.script while it is imported
    warnings.simplefilter("ignore", DeprecationWarning)
    pytest.importorskip("torch_geometric.data")

SKEWED = Atoms("CN", [[0, 0, 0], [1.1, 0.4, 0.3]], cell=[[2.2, 0, 0], [3.9, 2.0, 0], [0.3, 0.5, 3]])
CASES = {
    "sheet": build("Co-N4@graphene", "Li").to_atoms(),
    "one atom": bulk("Cu"),
    "tiny and skewed": Atoms(SKEWED, pbc=True),
    "two directions": Atoms(SKEWED, pbc=(True, True, False)),
    "a wire": Atoms("CN", [[0, 0, 0], [1.2, 0, 0]], cell=[2.4, 0, 0], pbc=(True, False, False)),
    "a molecule": Atoms("CO", [[0, 0, 0], [1.13, 0, 0]]),
    "atoms outside the cell": Atoms(
        "CN", [[0, 0, 0], [9.1, 7.4, -3.3]], cell=SKEWED.cell, pbc=True
    ),
}


def listed(source, target, shift, distance):
    rows = np.column_stack([target, source, shift, np.round(distance, 6)])
    return rows[np.lexsort(rows.T[::-1])]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("cutoff", [1.7, 6.0])
def test_edges_are_those_of_ase(name, cutoff):
    atoms = CASES[name]
    edges = Edges.of(atoms, cutoff)
    i, j, shift, distance, vector = neighbor_list("ijSdD", atoms, cutoff)
    ours = listed(edges.source, edges.target, edges.shift, edges.distance)
    np.testing.assert_allclose(ours, listed(j, i, shift, distance), atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(edges.vector, axis=1), edges.distance)
    assert len(vector) == len(edges)


def test_number_of_edges_is_not_capped():
    # 14 Angstrom around an fcc atom: more neighbours than any cap in use
    expected = len(neighbor_list("i", bulk("Cu"), 14.0))
    assert len(Edges.of(bulk("Cu"), 14.0)) == expected > 900


def environment(data):
    """Sorted neighbourhoods of the atoms, without their order."""
    source, target = data.edge_index.numpy()
    found = []
    for k in range(len(data.z)):
        rows = target == k
        around = sorted(
            zip(np.round(data.distance.numpy()[rows], 3), data.z.numpy()[source[rows]], strict=True)
        )
        found.append((int(data.z[k]), tuple(data.marks[k].tolist()), tuple(around)))
    return sorted(found)


@pytest.fixture
def site():
    rng = np.random.default_rng(3)
    atoms = build("Co-N4@graphene", "Li").to_atoms()
    atoms.positions += rng.normal(0, 0.05, atoms.positions.shape)
    return atoms


CUTOFF = GraphOptions(cutoff_A=4.3)


def moved(atoms, how):
    marks, new = Marks.of(atoms), atoms.copy()
    if how == "translation":
        new.positions += [13.1, -0.7, 2.2]
    elif how == "rotation":
        new.rotate(37, (1, 2, 0.5), rotate_cell=True)
    elif how == "origin":
        new.positions += 0.37 * new.cell[0] + 0.61 * new.cell[1]
        new.wrap()
    elif how == "order":
        order = np.random.default_rng(0).permutation(len(atoms))
        back = np.argsort(order)
        new = new[order]
        marks = Marks(*(tuple(back[list(k)]) for k in (marks.centre, marks.shell, marks.guest)))
    elif how == "cell vectors":
        new.set_cell([new.cell[0], new.cell[1] + 2 * new.cell[0], new.cell[2]])
    return new, marks


@pytest.mark.parametrize("how", ["translation", "rotation", "origin", "order", "cell vectors"])
def test_graph_does_not_depend_on_how_the_structure_is_written(site, how):
    new, marks = moved(site, how)
    here, there = graph(site, options=CUTOFF), graph(new, marks=marks, options=CUTOFF)
    assert environment(there) == environment(here)


def test_supercell_repeats_the_environments(site):
    big = make_supercell(site, np.diag([2, 1, 1]))
    n, marks = len(site), Marks.of(site)
    both = Marks(*((*k, *(i + n for i in k)) for k in (marks.centre, marks.shell, marks.guest)))
    once = environment(graph(site, options=CUTOFF))
    twice = environment(graph(big, marks=both, options=CUTOFF))
    assert twice == sorted(once * 2)


def test_marks_flags_and_descriptors_of_a_site():
    structure = build("Co-N4@graphene", "Li")
    data = graph(structure)
    assert np.flatnonzero(data.marks[:, 0]).tolist() == list(structure.centre)
    assert np.flatnonzero(data.marks[:, 1]).tolist() == sorted(structure.shell)
    assert np.flatnonzero(data.marks[:, 2]).tolist() == [structure.alkali_index]
    centre = structure.centre[0]
    bonded = data.edge_index[0, (data.edge_index[1] == centre) & (data.bonded > 0)]
    assert set(structure.shell) <= set(bonded.tolist())
    assert data.x.shape == data.known.shape == (len(data.z), len(PROPERTIES))


def test_shell_is_found_by_bonds_where_it_is_not_marked():
    structure = build("La-N4@graphene")  # large radii reach beyond the first shell
    atoms = structure.to_atoms()
    atoms.info.clear()
    data = graph(atoms)
    assert np.flatnonzero(data.marks[:, 0]).tolist() == list(structure.centre)
    assert np.flatnonzero(data.marks[:, 1]).tolist() == sorted(structure.shell)


def test_bare_host_is_read_at_its_anchor():
    data = graph(build("@graphene", "Li"))
    assert data.marks[:, 0].sum() == 0
    assert data.marks[:, 1].sum() == 6  # the ring under the alkali


def test_gaps_of_the_element_table_are_masked_and_values_standardised():
    values, known = element_table()
    assert (values[~known] == 0).all()
    assert not known.all()
    rows = known.any(axis=1)
    for k in range(len(PROPERTIES)):
        assert values[rows & known[:, k], k].mean() == pytest.approx(0, abs=1e-5)


def test_graph_inputs_tell_alkali_conditions_and_level():
    asked = Candidate.parse("Co-N4@graphene;Na;j=10;cell=symmetric")
    found = graph_inputs(asked, "PBE", ("PBE", "HSE"))
    assert found["alkali_is_Na"] == 1
    assert found["alkali_is_Li"] == 0
    assert found["log10_current_density_mA_cm2"] == 1
    assert found["areal_capacity_mAh_cm2_known"] == 0
    assert found["cell_is_symmetric"] == 1
    assert found["electrolyte_is_unstated"] == 1
    assert (found["level_is_PBE"], found["level_is_HSE"]) == (1, 0)
    assert (
        found.keys()
        == graph_inputs(Candidate.parse("Co-N4@graphene;K"), None, ("PBE", "HSE")).keys()
    )
    with pytest.raises(ValueError, match="level of theory"):
        graph_inputs(asked, "B3LYP", ("PBE", "HSE"))


def test_all_bad_structures_are_named_at_once():
    good = build("Co-N4@graphene", "Li").to_atoms()
    nan = good.copy()
    nan.positions[3, 1] = np.nan
    unbound = good.copy()
    unbound.pbc = False
    flat = good.copy()
    flat.set_cell([[9, 0, 0], [18, 0, 0], [0, 0, 13]])
    alien = good.copy()
    alien.symbols[0] = "No"
    far = Atoms("CoN", [[0, 0, 0], [1.9, 0, 0]], cell=[40, 40, 40], pbc=True) + Atoms(
        "Fe", [[20, 20, 20]]
    )
    double = good + Atoms("C", [good.positions[0]])
    unmarked = Atoms("C2", [[0, 0, 0], [1.4, 0, 0]], cell=[5, 5, 5], pbc=True)
    bad = [good, nan, unbound, flat, alien, far, double, unmarked, Atoms(pbc=True)]
    names = [f"slabs.extxyz frame {k}" for k in range(len(bad))]
    with pytest.raises(GraphError) as caught:
        graphs(bad, names=names)
    reasons = dict(caught.value.problems)
    expected = ["finite", "periodic", "line", "No", "isolated: Fe2", "twice", "centre", "no atoms"]
    assert list(reasons) == names[1:]
    for name, word in zip(names[1:], expected, strict=True):
        assert word in reasons[name]
    assert "8 of 9" in str(caught.value)


def test_molecules_pass_where_they_are_meant():
    atoms = Atoms("CoN2", [[0, 0, 0], [1.9, 0, 0], [-1.9, 0, 0]])
    assert graph(atoms, options=GraphOptions(molecules=True)).marks[:, 1].sum() == 2


def test_other_inputs_or_lengths_are_refused():
    structure = build("Co-N4@graphene", "Li")
    with pytest.raises(GraphError, match="differ"):
        graphs([structure, structure], [{"a": 1.0}, {"b": 1.0}])
    with pytest.raises(GraphError, match="not a finite"):
        graphs([structure], [{"a": float("nan")}])
    with pytest.raises(GraphError, match="1 for 2"):
        graphs([structure, structure], [{"a": 1.0}])
    with pytest.raises(GraphError, match="cutoff"):
        GraphOptions(cutoff_A=0.0)
