"""Graphs of structures for networks: atoms as nodes, every periodic image within reach as edges.

::

    from sacml.structures import build
    from sacml.structures.graphs import graph, graphs

    data = graph(build("Co-N4@graphene", "Li"))
    data.x, data.edge_index, data.marks       # descriptors, edges, centre/shell/guest

A graph is a `torch_geometric.data.Data` with

- ``z`` (n,) int64 atomic numbers; ``x`` (n, p) float32 standardised element descriptors, 0 where
  ``known`` (n, p) is 0 (see `sacml.structures.graphs_elements`);
- ``marks`` (n, 3) float32: centre, first shell, guest (`ROLES`);
- ``edge_index`` (2, e) int64, from source to target; ``distance`` (e,) and ``vector`` (e, 3)
  float32 in Angstrom, from the target to the image of the source; ``bonded`` (e,) float32;
- ``inputs`` (1, q) float32: what holds for the whole graph, named by the caller.

Edges are not capped in number. What depends on parameters (radial basis, cutoff function) is left
to the network, which starts from the distances.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols

from sacml.errors import SacmlError
from sacml.structures.graphs_edges import Edges
from sacml.structures.graphs_elements import element_table, without_descriptors
from sacml.structures.graphs_marks import ROLES, MarkError, Marks
from sacml.structures.structure import Structure

if TYPE_CHECKING:
    from torch_geometric.data import Data

__all__ = ["ROLES", "GraphError", "GraphOptions", "MarkError", "Marks", "graph", "graphs"]

COINCIDENT_A = 0.3
"""Atoms nearer than this are one atom written twice, or a cell in another unit."""
_SHOWN = 20


@dataclass(frozen=True)
class GraphOptions:
    """How graphs are made.

    Attributes
    ----------
    cutoff_A
        Atoms and images nearer than this are joined, in Angstrom.
    molecules
        Whether Atoms without any periodic direction are meant as such. A `Structure` may always
        be a molecule.
    """

    cutoff_A: float = 6.0
    molecules: bool = False

    def __post_init__(self) -> None:
        if not 0.5 <= self.cutoff_A <= 20.0:
            raise GraphError(
                [("cutoff_A", f"{self.cutoff_A!r} is no cutoff: give 0.5 to 20 Angstrom")], 1
            )


class GraphError(SacmlError, ValueError):
    """Some structures have no graph; all are listed at once.

    Attributes
    ----------
    problems
        ``((name, reason), ...)``; the name tells file and frame where the caller gave them.
    """

    def __init__(self, problems: Sequence[tuple[str, str]], total: int) -> None:
        self.problems = tuple(problems)
        lines = [f"  {name}: {why}" for name, why in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            lines.append(f"  ... and {len(self.problems) - _SHOWN} more")
        named = len({name for name, _ in self.problems})
        super().__init__("\n".join([f"{named} of {total} structures have no graph", *lines]))


DEFAULTS = GraphOptions()


def graph(
    item: Structure | Atoms,
    inputs: Mapping[str, float] | None = None,
    marks: Marks | None = None,
    options: GraphOptions = DEFAULTS,
) -> "Data":
    """Graph of one structure; see `graphs`."""
    given = None if marks is None else [marks]
    return graphs([item], [inputs or {}], given, options)[0]


def graphs(
    items: Iterable[Structure | Atoms],
    inputs: Sequence[Mapping[str, float]] | None = None,
    marks: Sequence[Marks | None] | None = None,
    options: GraphOptions = DEFAULTS,
    names: Sequence[str] | None = None,
) -> "list[Data]":
    """Graphs of many structures.

    Parameters
    ----------
    items
        Structures of `sacml.structures.build`, or ASE Atoms, relaxed or not.
    inputs
        Named numbers for each graph as a whole (see `graphs_inputs.graph_inputs`), with the same
        names in the same order for all.
    marks
        Centre, shell and guest of each; None reads them as `Marks.of` does.
    names
        What each is called in messages, e.g. ``"slabs.extxyz frame 3"``; by default ``info["id"]``
        or the notation or formula.

    Raises
    ------
    GraphError
        Naming every structure that has numbers which are not finite, a cell that cannot be
        periodic, no periodicity, coinciding or isolated atoms, elements without descriptors, no
        readable marks, or other inputs than the first.
    """
    batch = list(items)
    for given, what in ((inputs, "inputs"), (marks, "marks"), (names, "names")):
        if given is not None and len(given) != len(batch):
            raise GraphError([(what, f"{len(given)} for {len(batch)} structures")], len(batch))
    called = list(names) if names is not None else [_name(i, item) for i, item in enumerate(batch)]
    found, problems = [], []
    columns = tuple(inputs[0]) if inputs else ()
    for k, item in enumerate(batch):
        row = inputs[k] if inputs else {}
        why = [] if tuple(row) == columns else ["its graph inputs differ from those of the first"]
        bad = [name for name, value in row.items() if not np.isfinite(value)]
        why += [f"graph input {name} is not a finite number" for name in bad]
        try:
            data, more = _graph(item, list(row.values()), marks[k] if marks else None, options)
        except SacmlError as error:
            data, more = None, [str(error)]
        problems += [(called[k], w) for w in why + more]
        found.append(data)
    if problems:
        raise GraphError(problems, len(batch))
    return found


def _graph(
    item: Structure | Atoms, inputs: list[float], marks: Marks | None, options: GraphOptions
) -> "tuple[Data | None, list[str]]":
    import torch
    from torch_geometric.data import Data

    atoms = item.atoms if isinstance(item, Structure) else item
    problems = _before(atoms, options.molecules or isinstance(item, Structure))
    if problems:
        return None, problems
    edges = Edges.of(atoms, options.cutoff_A)
    problems = _after(atoms, edges, options.cutoff_A)
    if problems:
        return None, problems
    marked = (marks or Marks.of(item)).columns(atoms, edges)
    values, known = element_table()
    numbers = atoms.numbers.astype(np.int64)
    data = Data(
        z=torch.from_numpy(numbers),
        x=torch.from_numpy(values[numbers]),
        known=torch.from_numpy(known[numbers].astype(np.float32)),
        marks=torch.from_numpy(marked),
        edge_index=torch.from_numpy(np.stack([edges.source, edges.target])),
        distance=torch.from_numpy(edges.distance.astype(np.float32)),
        vector=torch.from_numpy(edges.vector.astype(np.float32)),
        bonded=torch.from_numpy(edges.bonded.astype(np.float32)),
        inputs=torch.tensor([inputs], dtype=torch.float32),
    )
    return data, []


def _before(atoms: Atoms, molecule: bool) -> list[str]:
    if len(atoms) == 0:
        return ["it holds no atoms"]
    if not (np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell.array).all()):
        wrong = np.flatnonzero(~np.isfinite(atoms.positions).all(axis=1)).tolist()
        where = f"of atoms {', '.join(map(str, wrong[:6]))}" if wrong else "of the cell"
        return [f"coordinates {where} are not finite numbers"]
    problems = []
    missing = [
        chemical_symbols[z] if z < len(chemical_symbols) else f"number {z}"
        for z in without_descriptors(atoms.numbers).tolist()
    ]
    if missing:
        problems.append(f"no descriptors of {', '.join(missing)} in the element table")
    if not atoms.pbc.any() and not molecule:
        problems.append(
            "no direction is periodic: set pbc and the cell, or say that molecules are meant"
        )
    vectors = atoms.cell.array[np.asarray(atoms.pbc, dtype=bool)]
    lengths = np.linalg.norm(vectors, axis=1)
    if len(vectors) and (
        lengths.min() < 1e-3
        or np.linalg.det((vectors / lengths[:, None]) @ (vectors / lengths[:, None]).T) < 1e-6
    ):
        problems.append("it is periodic along lattice vectors that are zero or lie in a line")
    return problems


def _after(atoms: Atoms, edges: Edges, cutoff_A: float) -> list[str]:
    problems = []
    close = np.flatnonzero(edges.distance < COINCIDENT_A)
    if close.size:
        i, j = int(edges.target[close[0]]), int(edges.source[close[0]])
        problems.append(
            f"atoms {i} and {j} are {edges.distance[close[0]]:.2f} Angstrom apart: one atom "
            "written twice, or a cell in another unit"
        )
    alone = np.setdiff1d(np.arange(len(atoms)), edges.target)
    if alone.size:
        shown = ", ".join(f"{atoms.symbols[k]}{k}" for k in alone[:6].tolist())
        problems.append(f"isolated: {shown} have no neighbour within {cutoff_A:g} Angstrom")
    return problems


def _name(position: int, item: Structure | Atoms) -> str:
    if isinstance(item, Structure):
        return item.candidate
    name = item.info.get("id") or item.info.get("key") or item.get_chemical_formula()
    return f"structure {position} ({name})"
