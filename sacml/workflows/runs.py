"""Do a tracked run again and say whether its figures come out the same."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sacml.errors import SacmlError

if TYPE_CHECKING:
    from mlflow.entities import Run

    from sacml.evaluation import Evaluation

NEAR = 1e-6
"""Relative difference that another processor or linear-algebra library may cause."""
_KEY = ("model", "trained_on", "split")


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of one run that did not come out as it was."""

    run: str
    metric: str
    stored: float
    now: float


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came of doing a run again.

    Attributes
    ----------
    verdict
        ``"identical"``: every figure to the last digit; ``"equal"``: within `NEAR`;
        ``"different"``.
    n_figures
        Number of figures compared.
    differences
        Figures that are not identical, the largest relative difference first.
    changed
        What is not as it was when the run was made: records, folds, code, versions.
    """

    run_id: str
    name: str
    verdict: str
    n_figures: int
    differences: tuple[Difference, ...]
    changed: tuple[str, ...]


def reproduce(uri: str, run: str, say: Callable[[str], None] = lambda _: None) -> Reproduction:
    """Do a run again from its stored configuration: data, folds, seeds and fits.

    Parameters
    ----------
    uri
        Tracking URI.
    run
        Id (or its first digits) or name of the run of a study, of a target within it, or of one
        model on one split.

    Raises
    ------
    SacmlError
        If the run holds no evaluation, or its configuration is no longer understood.
    """
    from sacml.tracking.query import find_run, open_store

    client = open_store(uri)
    chosen = find_run(client, run)
    wanted = _evaluations(client, chosen)
    if not wanted:
        raise SacmlError(
            f"run {chosen.info.run_id} ({chosen.info.run_name}) holds no finished evaluation; "
            "name a run of a study, of a target or of a model: `sacml runs list`"
        )
    changed: list[str] = []
    differences: list[Difference] = []
    count = 0
    for target in dict.fromkeys(r.data.tags["sacml.target"] for r in wanted):
        mine = [r for r in wanted if r.data.tags["sacml.target"] == target]
        parent = mine[0].data.tags["mlflow.parentRunId"]
        config, environment = _stored(client, parent)
        evaluation, digest = _again(config, target, mine, say)
        changed += _changes(mine, evaluation, digest, environment)
        n, found = _compare(mine, evaluation)
        count += n
        differences += found
    differences.sort(key=_relative, reverse=True)
    near = all(_relative(d) <= NEAR for d in differences)
    verdict = "identical" if not differences else "equal" if near else "different"
    return Reproduction(
        chosen.info.run_id, chosen.info.run_name, verdict, count, tuple(differences),
        tuple(dict.fromkeys(changed)),
    )  # fmt: skip


def _evaluations(client: Any, run: "Run") -> "list[Run]":
    from sacml.tracking.backend import quiet
    from sacml.tracking.contact import STUDY

    kind = run.data.tags.get("sacml.kind")
    if kind == "evaluation":
        return [run] if run.info.status == "FINISHED" else []
    tag = {"target": "mlflow.parentRunId", "study": STUDY}.get(kind or "")
    if tag is None:
        return []
    with quiet():
        experiments = [e.experiment_id for e in client.search_experiments()]
        found = client.search_runs(
            experiments,
            f"tags.`{tag}` = '{run.info.run_id}' AND attributes.status = 'FINISHED'",
            max_results=50_000,
        )
    return [r for r in found if r.data.tags.get("sacml.kind") == "evaluation"]


def _stored(client: Any, run_id: str) -> tuple[dict[str, Any], str]:
    from sacml.tracking.locate import run_files

    with run_files(client, run_id) as folder:
        try:
            config = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
            environment = (folder / "environment.txt").read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise SacmlError(f"the configuration of run {run_id} cannot be read: {error}") from None
    return config, environment


def _again(
    config: dict[str, Any], target: str, runs: "list[Run]", say: Callable[[str], None]
) -> "tuple[Evaluation, str]":
    from sacml.workflows.config import StudyConfig
    from sacml.workflows.fit import compare

    settings = StudyConfig.make(config, "the stored configuration")
    used = {key: [r.data.tags[f"sacml.{key}"] for r in runs] for key in _KEY}
    only = settings.model_copy(
        update={
            # every score stands beside the constant
            "models": tuple(m for m in settings.compared if m in {*used["model"], "constant"}),
            "refine": (),
            "trained_on": tuple(t for t in settings.trained_on if t in used["trained_on"]),
            "splits": tuple(s for s in settings.splits if s in used["split"]),
        }
    )
    dataset, evaluation = compare(only, target, say)
    return evaluation, dataset.digest


def _changes(
    runs: "list[Run]", evaluation: "Evaluation", digest: str, environment: str
) -> list[str]:
    from sacml.domain.elements import table_digest
    from sacml.tracking.environment import code_revision, environment_text

    now = {
        "records": ("sacml.dataset_digest", digest),
        "element table": ("sacml.elements_digest", table_digest()),
        "code": ("sacml.code_revision", code_revision()),
    }
    found = []
    for run in runs:
        tags = run.data.tags
        split = tags["sacml.split"]
        made = evaluation.splits.get(split)
        folds = None if made is None else made.digest
        facts = now | {f"folds of {split}": ("sacml.split_digest", folds)}
        for what, (tag, value) in facts.items():
            if tag in tags and value != tags[tag]:
                found.append(f"{what}: {_short(tags[tag])} then, {_short(value)} now")
    then, current = environment.splitlines(), environment_text().splitlines()
    gone = [line for line in then if line not in current]
    come = [line for line in current if line not in then]
    if gone or come:
        found.append(f"environment: {', '.join(gone)} then, {', '.join(come)} now")
    return found


def _short(value: str | None) -> str:
    return "none" if not value else value if "+" in value else value[:12]


def _compare(runs: "list[Run]", evaluation: "Evaluation") -> tuple[int, list[Difference]]:
    from sacml.tracking.payload import model_runs

    made = {(r.model, r.trained_on, r.split): r for r in
            model_runs(evaluation.predictions, evaluation.scores)}  # fmt: skip
    count, found = 0, []
    for run in runs:
        again = made.get(tuple(run.data.tags[f"sacml.{k}"] for k in _KEY))  # type: ignore[arg-type]
        now = {} if again is None else again.final_metrics()
        stored = {
            k: v for k, v in run.data.metrics.items() if k.endswith(("_sac", "_all"))
            and not k.startswith("fold_")
        }  # fmt: skip
        for metric, value in sorted(stored.items()):
            count += 1
            current = now.get(metric, float("nan"))
            if current != value:
                found.append(Difference(run.info.run_name, metric, value, current))
    return count, found


def _relative(d: Difference) -> float:
    if d.now != d.now:
        return float("inf")
    return abs(d.now - d.stored) / max(abs(d.stored), abs(d.now))
