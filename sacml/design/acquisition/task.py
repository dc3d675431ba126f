"""Pool, labels and pending labels as arrays that a strategy can work on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.design.acquisition.posteriors import Posterior, posterior
from sacml.design.objectives.objective import Objective
from sacml.design.supply import of_centres

if TYPE_CHECKING:
    from sacml.data import Record
    from sacml.domain import Candidate
    from sacml.features import CandidateTable

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Task:
    """What there is to choose from, and what is known.

    Attributes
    ----------
    table
        The pool, then the pending candidates.
    waiting
        Rows of the pending ones.
    free
        Rows that may be chosen, shape (len(table),).
    objectives
        What is wanted.
    labels
        Records of the objectives' targets.
    usable
        Target -> those of them that may be fitted.
    """

    table: "CandidateTable"
    waiting: tuple[int, ...]
    free: NDArray[np.bool_]
    objectives: tuple[Objective, ...]
    labels: "tuple[Record, ...]"
    usable: "Mapping[str, tuple[Record, ...]]"

    @classmethod
    def of(
        cls,
        pool: "CandidateTable",
        records: "Sequence[Record]",
        objectives: Sequence[Objective],
        pending: "Sequence[Candidate]",
    ) -> "Task":
        """Sort what is given."""
        from sacml.features import CandidateTable

        targets = tuple(dict.fromkeys(o.quantity for o in objectives if o.kind == "target"))
        labels = tuple(r for r in records if r.target in targets)
        table = pool
        if pending:
            table = CandidateTable.concat([pool, CandidateTable.from_candidates(pending)])
        seen = {_key(c) for c in (*labels, *pending)}
        free = []
        for i in range(len(table)):
            key = str(table.site(i)), table.alkali(i)
            free.append(key not in seen)
            seen.add(key)  # what stands twice in a pool is chosen once
        return cls(
            table=table,
            waiting=tuple(range(len(pool), len(table))),
            free=np.array(free, dtype=bool),
            objectives=tuple(objectives),
            labels=labels,
            usable={
                t: tuple(r for r in labels if r.target == t and not r.not_for_fit) for t in targets
            },
        )

    @property
    def fewest(self) -> int:
        """Usable labels of the target that has fewest."""
        return min(map(len, self.usable.values()))

    def fitted(self, model: str, seed: int) -> dict[str, Posterior]:
        """Fit one model per target -> its posterior over the table."""
        from sacml.models.described import Described
        from sacml.models.registry import make_model

        X = _descriptors(self.table)
        names = [str(self.table.candidate(i)) for i in range(len(self.table))]
        found = {}
        for target, records in self.usable.items():
            learned = Described.of(records, target)
            estimator = make_model(model, seed).fit(learned.X, learned.y)
            found[target] = posterior(estimator, X).check(names)
        return found

    def of_objective(self, objective: Objective, found: Mapping[str, Posterior]) -> Posterior:
        """Return the posterior of what an objective is of; of an element property what is known."""
        if objective.kind == "target":
            return found[objective.quantity]
        return Posterior.fixed(_of_elements(objective, self.table.centres)[self.table.centre_index])

    def known(self) -> Array:
        """Labels of the pool's alkali metals, (k, m): candidates labelled for every objective.

        The mean of a candidate's records, on the modelling scale.
        """
        alkalis = {self.table.alkali(i) for i in range(len(self.table))}
        by_target: dict[str, dict[Any, list[float]]] = {}
        for target, records in self.usable.items():
            values: dict[Any, list[float]] = {}
            for r in records:
                if r.alkali in alkalis:
                    values.setdefault((r.site, r.alkali), []).append(r.value)
            by_target[target] = values
        shared = [k for k in next(iter(by_target.values()))
                  if all(k in v for v in by_target.values())]  # fmt: skip
        rows = []
        for key in shared:
            row = []
            for o in self.objectives:
                if o.kind == "target":
                    row.append(float(o.forward(by_target[o.quantity][key]).mean()))
                else:
                    row.append(float(_of_elements(o, (key[0].metals,))[0]))
            rows.append(row)
        return np.array(rows, dtype=float).reshape(-1, len(self.objectives))

    def apart(self) -> Array:
        """Return scaled descriptors of the table and, last, of the labelled candidates."""
        from sacml.features import CandidateTable

        tables = [self.table]
        if self.labels:
            tables.append(CandidateTable.from_records(self.labels))
        X = _descriptors(CandidateTable.concat(tables)).astype(np.float64)
        spread = X.std(axis=0)
        varies = spread > 1e-6 * np.maximum(1.0, np.abs(X.mean(axis=0)))
        return np.asarray((X[:, varies] - X[:, varies].mean(axis=0)) / spread[varies])


def _key(item: Any) -> tuple[str, str]:
    return str(item.site), item.alkali


def _of_elements(objective: Objective, centres: Sequence[tuple[str, ...]]) -> Array:
    """Modelling values of an element property per centre; a gap lies where nothing is wanted."""
    raw = of_centres(centres, objective.quantity, min if objective.direction == "high" else max)
    bad = {"low": objective.high, "high": objective.low, "window": objective.low - 1.0}
    return objective.forward(np.where(np.isnan(raw), bad[objective.direction], raw))


def _descriptors(table: "CandidateTable") -> NDArray[np.float32]:
    """Descriptors (n, p); of an unknown shell the mean over the shells it may be."""
    from sacml.features import describe

    resolved, parent, weight = table.resolve_shells()
    X = describe(resolved)
    first = np.flatnonzero(np.diff(parent, prepend=-1))
    return np.add.reduceat(X * weight[:, None], first, axis=0).astype(np.float32)
