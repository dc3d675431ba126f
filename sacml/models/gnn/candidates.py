"""Graphs of candidates: built, unrelaxed, each structure once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Data

from sacml.domain import Candidate
from sacml.errors import SacmlError
from sacml.structures import build
from sacml.structures.checks import check
from sacml.structures.graphs import GraphError, GraphOptions, graph
from sacml.structures.graphs_inputs import graph_inputs

if TYPE_CHECKING:
    from sacml.features import CandidateTable

LIMIT = 5000
"""Graphs that are kept; the oldest goes first."""
_ANY = Candidate.parse("@graphene;Li")


@dataclass(eq=False)
class CandidateGraphs:
    """Builds candidates and keeps their graphs.

    Attributes
    ----------
    cutoff_A
        Cutoff of the edges in Angstrom.
    with_alkali
        Whether the alkali stands on the site, at the first of its places, or is an input alone.
    level, levels
        Level of theory of the labels, and all that a network knows; see `graph_inputs`.
    """

    cutoff_A: float
    with_alkali: bool = True
    level: str | None = None
    levels: tuple[str, ...] = ()
    _graphs: dict[tuple[str, str | None], Data | str] = field(default_factory=dict, repr=False)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs of each graph as a whole."""
        return tuple(graph_inputs(_ANY, None, self.levels))

    def of(self, candidates: "Sequence[Candidate] | CandidateTable") -> list[Data]:
        """Graphs in the order of the candidates.

        Raises
        ------
        GraphError
            Naming every candidate of which no structure can be built, and why.
        """
        asked = _candidates(candidates)
        found = [self._one(c) for c in asked]
        bad = {str(c): f for c, f in zip(asked, found, strict=True) if isinstance(f, str)}
        if bad:
            raise GraphError(list(bad.items()), len(asked))
        graphs = []
        for candidate, data in zip(asked, found, strict=True):
            assert isinstance(data, Data)
            given = graph_inputs(candidate, self.level, self.levels)
            new = data.clone()
            new.inputs = torch.tensor([list(given.values())], dtype=torch.float32)
            graphs.append(new)
        return graphs

    def refused(self, candidates: "Sequence[Candidate] | CandidateTable") -> dict[int, str]:
        """Rows of which no structure can be built -> why."""
        found = [self._one(c) for c in _candidates(candidates)]
        return {k: f for k, f in enumerate(found) if isinstance(f, str)}

    def _one(self, candidate: Candidate) -> Data | str:
        key = (str(candidate.site), candidate.alkali if self.with_alkali else None)
        if key not in self._graphs:
            if len(self._graphs) >= LIMIT:
                del self._graphs[next(iter(self._graphs))]
            try:
                structure = check(build(candidate.site, key[1]))
                self._graphs[key] = graph(structure, options=GraphOptions(self.cutoff_A))
            except SacmlError as error:
                self._graphs[key] = " ".join(str(error).split())
        return self._graphs[key]


@cache
def shared_graphs(cutoff_A: float, with_alkali: bool) -> CandidateGraphs:
    """The graphs that all models of this process share."""
    return CandidateGraphs(cutoff_A, with_alkali)


def buildable(table: "CandidateTable", graphs: CandidateGraphs) -> NDArray[np.bool_]:
    """Rows (n,) of which a structure can be built, for unknown shells of all that are possible."""
    resolved, parent, _ = table.resolve_shells()
    kept = np.ones(len(table), dtype=bool)
    kept[parent[list(graphs.refused(resolved))]] = False
    return kept


def _candidates(given: "Sequence[Candidate] | CandidateTable") -> list[Candidate]:
    if isinstance(given, Sequence):
        return list(given)
    return [given.candidate(k) for k in range(len(given))]
