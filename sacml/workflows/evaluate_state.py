"""What an evaluation at full depth knows about one target while it runs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from sacml.workflows.evaluate_config import EvaluationConfig
from sacml.workflows.evaluate_jobs import Job

if TYPE_CHECKING:
    from sacml.data import Dataset
    from sacml.data.splits import Split
    from sacml.evaluation import Choice, Evaluation
    from sacml.models.described import Described

Key = tuple[str, str]
"""Name of a model and what it was trained on."""


@dataclass
class State:
    """Records, splits and finished jobs of one target."""

    settings: EvaluationConfig
    dataset: "Dataset"
    described: "Described"
    splits: "dict[str, Split]" = field(init=False)
    skipped: dict[str, str] = field(init=False)
    done: dict[str, list[tuple[Job, pd.DataFrame]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from sacml.evaluation import make_splits

        s = self.settings
        self.splits, self.skipped = make_splits(self.described, s.splits, s.seed)

    @property
    def target(self) -> str:
        """Name of the target."""
        return self.described.target

    @property
    def models(self) -> tuple[str, ...]:
        """Models of this target."""
        return self.settings.models_for(self.target)

    def _scored_under(self, split: str) -> tuple[str, ...]:
        """Models that are scored under a split."""
        from sacml.evaluation.select import deciding_split

        if split == deciding_split(self.target, self.splits):
            return self.models
        return tuple(m for m in self.models if m not in self.settings.once)

    def add(self, part: str, job: Job, table: pd.DataFrame) -> None:
        """Keep a finished job of a part."""
        self.done.setdefault(part, []).append((job, table))

    def tables(self, part: str) -> list[pd.DataFrame]:
        """Results of a part, in a fixed order whatever the order they came in."""
        found = sorted(self.done.get(part, []), key=lambda pair: pair[0].name)
        return [table for _, table in found]

    @cached_property
    def evaluation(self) -> "Evaluation":
        """All cells of the main seed, once they are done."""
        from sacml.evaluation import Evaluation

        s = self.settings
        order = {m: i for i, m in enumerate(self.models)}
        cells = [(job, t) for job, t in self.done.get("scores", []) if job.cell.seed == s.seed]
        cells.sort(key=lambda p: (s.splits.index(p[0].cell.split),
                                  s.trained_on.index(p[0].cell.trained_on),
                                  order[p[0].cell.model]))  # fmt: skip
        return Evaluation.of(
            self.target, self.dataset.name, [t for _, t in cells], self.splits, s.seed, s.level,
            s.min_sac_groups, self.skipped,
        )  # fmt: skip

    @cached_property
    def choice(self) -> "Choice":
        """What the release rule picks."""
        return self.evaluation.best()

    @property
    def winner(self) -> Key:
        """Model and training rows that the release rule picks."""
        return self.choice.model, self.choice.trained_on

    def judged(self, table: pd.DataFrame) -> pd.DataFrame:
        """Rows of a table that decide on the release."""
        return table[table["is_sac"]] if self.choice.rows == "sac" else table

    @cached_property
    def decisive(self) -> pd.DataFrame:
        """Held-out rows of all models under the split that decides, those judged."""
        p = self.evaluation.predictions
        return self.judged(p[p["split"] == self.choice.split])

    @cached_property
    def studied(self) -> tuple[Key, ...]:
        """Models studied further: the winner, and those asked for on their better rows."""
        from sacml.evaluation.verdicts import best_of

        found = [self.winner]
        for model in self.settings.studied:
            key = best_of(self.decisive, (model,))
            found += [key] if key is not None else []
        return tuple(dict.fromkeys(found))

    def jobs(self, part: str) -> list[Job]:
        """Jobs of a part; all but those of ``"scores"`` need the scores to be done."""
        return {
            "scores": self._scores,
            "seeds": self._seeds,
            "nested": self._nested,
            "learning": lambda: self._further("learning", self._learning),
            "scramble": lambda: self._further("scramble", {"n": self.settings.permutations}),
        }[part]()

    @property
    def _learning(self) -> dict[str, Any]:
        return {"n_orders": self.settings.orders, "n_sizes": self.settings.sizes}

    def _scores(self) -> list[Job]:
        from sacml.errors import SacmlError
        from sacml.evaluation.cells import left_out, no_rows, trainable
        from sacml.evaluation.fits import unread

        s, found = self.settings, []
        refused = {m: unread(self.described, m) for m in self.models}
        self.skipped |= {
            f"{m}, rows": left_out(m, self.described, r) for m, r in refused.items() if r
        }
        for split in self.splits.values():
            for which in s.trained_on:
                kept, without = trainable(self.described, split, which)
                if without:
                    self.skipped[f"{split.name}, trained on {which}"] = no_rows(split, without)
                if kept:
                    able = [m for m in self._scored_under(split.name)
                            if trainable(self.described, split, which, refused[m])[0]]  # fmt: skip
                    found += [self._cell(split.name, (m, which), s.seed) for m in able]
        if not found:
            why = "; ".join(self.skipped.values())
            raise SacmlError(f"no split of the records of {self.target} can be made: {why}")
        return found

    def _cell(self, split: str, key: Key, seed: int) -> Job:
        from sacml.evaluation.cells import Cell

        return Job(self.target, "scores", Cell(split, *key, seed), {"domain": True})

    def _seeds(self) -> list[Job]:
        """Random folds with every seed; the deciding split for models that draw random numbers."""
        made = [job for job, _ in self.done["scores"] if job.cell.seed == self.settings.seed]
        asked = [
            (job.cell.split, (job.cell.model, job.cell.trained_on))
            for job in made
            if job.cell.model not in self.settings.once
            and (
                job.cell.split == "random"
                or (job.cell.split == self.choice.split and draws_random_numbers(job.cell.model))
            )
        ]
        return [self._cell(*a, seed) for seed in self.settings.seeds for a in asked]

    def _nested(self) -> list[Job]:
        from sacml.evaluation.cells import Cell

        s, split = self.settings, self.choice.split
        folds = {"inner_folds": s.inner_folds, "blocks": s.outer_blocks}
        return [
            Job(self.target, "nested", Cell(split, m, which, s.seed), folds)
            for which in s.trained_on
            for m in self.models
        ]

    def _further(self, part: str, settings: dict[str, Any]) -> list[Job]:
        from sacml.evaluation.cells import Cell

        seed, split = self.settings.seed, self.choice.split
        return [Job(self.target, part, Cell(split, *k, seed), settings) for k in self.studied]


def draws_random_numbers(model: str) -> bool:
    """Whether another seed makes another model."""
    from sacml.models import make_model

    one, two = (make_model(model, seed).get_params() for seed in (0, 1))
    return any(repr(one[k]) != repr(two[k]) for k in one)


def labelled(target: str, tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Join tables under the name of a target."""
    kept = [t for t in tables if len(t)]
    joined = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()
    joined.insert(0, "target", target)
    return joined
