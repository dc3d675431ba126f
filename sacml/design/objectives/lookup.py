"""Objectives that need no model: looked up by the centres or by the site."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.design.known import places
from sacml.design.objectives.objective import Objective
from sacml.design.supply import of_centres
from sacml.domain.sites import Site

if TYPE_CHECKING:
    from sacml.features import CandidateTable

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Lookup:
    """Values and desirabilities by a number that is computed from the components of a candidate.

    Attributes
    ----------
    keys
        Shape (k,), ascending.
    numbers, wished
        Shape (k + 1,): value in the unit of the objective and its desirability; the last is that
        of candidates without a key.
    by_site
        Whether the key is that of the whole site; else it is the index of the centres.
    """

    keys: NDArray[np.int64]
    numbers: Array
    wished: Array
    by_site: bool

    @classmethod
    def of(cls, objective: Objective, table: "CandidateTable") -> "Lookup":
        """Look up an objective for all components of a table.

        Of several labels of one site the last counts; a label without a stated isomer is that of
        each isomer.
        """
        if objective.kind == "element":
            worst = min if objective.direction == "high" else max
            found = of_centres(table.centres, objective.quantity, worst)
            keys = np.arange(len(found))
        else:
            sites = [Site.parse(text) for text, _ in objective.labels]
            rows = places(table, sites)
            by_key = dict(zip(_site_key(table, rows[:, 1:].T).tolist(), rows[:, 0], strict=True))
            keys = np.array(sorted(by_key), dtype=np.int64)
            found = np.array([objective.labels[by_key[k]][1] for k in keys.tolist()])
        numbers = np.append(found, np.nan)
        return cls(keys, numbers, objective.of_elements(numbers), objective.kind == "label")

    def _rows(self, table: "CandidateTable") -> NDArray[np.signedinteger[Any]]:
        if not self.by_site:
            return table.centre_index
        columns = (table.centre_index, table.shell_index, table.host_index, table.surrounding_index)
        key = _site_key(table, np.stack(columns).astype(np.int64))
        place = np.searchsorted(self.keys, key)
        hit = np.append(self.keys, -1)[place] == key
        return np.where(hit, place, len(self.keys))

    def values(self, table: "CandidateTable") -> Array:
        """Return the value of each candidate (n,); NaN where not known."""
        return self.numbers[self._rows(table)]

    def desirability(self, table: "CandidateTable") -> Array:
        """Return the desirability of each candidate (n,)."""
        return self.wished[self._rows(table)]


def _site_key(table: "CandidateTable", columns: NDArray[np.int64]) -> NDArray[np.int64]:
    centre, shell, host, around = columns
    key = centre * len(table.shells) + shell
    return np.asarray((key * len(table.hosts) + host) * len(table.surroundings) + around)
