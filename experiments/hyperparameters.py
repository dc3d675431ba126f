"""Hyper-parameters searched in the inner folds: does a search beat the defaults where it counts?

Each outer fold holds out a whole group; the search sees the outer training rows alone, on inner
folds that hold out groups too, and the outer test rows are predicted once. Every trial is a nested
run in MLflow; a search that was interrupted goes on where it stopped.
"""

import argparse
import sys
import tomllib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from sacml.data import training_records
from sacml.errors import SacmlError
from sacml.evaluation import make_splits, one_sided_error
from sacml.evaluation.metrics import GroupBootstrap
from sacml.models import make_model
from sacml.models.described import Described
from sacml.models.tuning import tune
from sacml.tracking import StudyTracker, default_uri
from sacml.tracking.trials import search


def suggest(trial, space):
    """Ask an Optuna trial for one value of every parameter of a space."""
    found = {}
    for name, wanted in space.items():
        if "choices" in wanted:
            found[name] = trial.suggest_categorical(name, wanted["choices"])
        elif wanted.get("int"):
            found[name] = trial.suggest_int(name, wanted["low"], wanted["high"])
        else:
            log = wanted.get("log", False)
            found[name] = trial.suggest_float(name, wanted["low"], wanted["high"], log=log)
    return found


def errors_of(estimator, described, train, fold, groups):
    """Fit on the outer training rows; one-sided errors of the outer test rows."""
    estimator.fit(described.X[train], described.y[train], bound=described.bound[train],
                  groups=groups[train])  # fmt: skip
    middle = described.predict(estimator)[0][fold.test]
    return one_sided_error(described.y[fold.test], middle, described.bound[fold.test])


def study(config, out, pool):
    """Search in every outer fold of every model; errors by model, and the outer groups."""
    seed, target = config["seed"], config["target"]
    dataset = training_records(target)
    described = Described.of(dataset.records, target)
    splits, skipped = make_splits(described, [config["split"]], seed)
    if skipped:
        raise SacmlError(f"{config['split']} cannot be made: {skipped}")
    (split,) = splits.values()
    mask = described.trained_on(config["trained_on"])
    groups = np.array([r.site.centre if "metal" in split.name else r.source_group
                       for r in described.records])  # fmt: skip
    storage = f"sqlite:///{(out / 'optuna.db').resolve().as_posix()}"
    errors, held_out = {}, []
    with StudyTracker(
        default_uri(out.parent), name=config["name"], config=config, say=print,
        spare=default_uri(out / "offline"),
    ) as tracker, tracker.target(target, dataset) as run:  # fmt: skip
        run.writer.log(run.run_id, tags={f"sacml.split_digest.{split.name}": split.digest})
        for fold in split.folds:
            train = fold.train[mask[fold.train]]
            held_out += [fold.group] * len(fold.test)
            constant = errors_of(make_model("constant", seed), described, train, fold, groups)
            errors.setdefault("constant", []).extend(constant)
            for name, space in config["models"].items():
                default = make_model(name, seed)
                errors.setdefault(f"{name}, defaults", []).extend(
                    errors_of(default, described, train, fold, groups)
                )
                key = f"{name}/{split.digest[:8]}/{fold.group}/{seed}"
                budget = {"n_trials": config["n_trials"], "timeout_s": config.get("timeout_s")}
                facts = {"model": name, "held_out": fold.group, **budget}
                with search(run, f"{name} · without {fold.group}", storage, key, facts) as log:
                    found = tune(
                        lambda trial, n=name, s=space: make_model(n, seed).set_params(
                            **suggest(trial, s)),
                        described.X[train], described.y[train], bound=described.bound[train],
                        groups=groups[train], seed=seed, storage=storage, study_name=key,
                        on_trial=log.on_trial, executor=pool, **budget,
                    )  # fmt: skip
                    log.finish(found)
                tuned = make_model(name, seed).set_params(**found.params)
                outer = errors_of(tuned, described, train, fold, groups)
                errors.setdefault(f"{name}, searched", []).extend(outer)
                print(f"{name} without {fold.group}: {found.params}, inner {found.score:.3f}, "
                      f"outer {np.mean(outer):.3f}", flush=True)  # fmt: skip
        means = {f"mae.{k.replace(', ', '_')}": float(np.mean(v)) for k, v in errors.items()}
        run.writer.log(run.run_id, metrics=means)
    return {k: np.array(v) for k, v in errors.items()}, np.array(held_out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="experiments/hyperparameters.toml")
    parser.add_argument("--out", default="runs/hyperparameters")
    arguments = parser.parse_args()
    config = tomllib.loads(Path(arguments.config).read_text(encoding="utf-8"))
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(config["workers"]) as pool:
        errors, groups = study(config, out, pool)
    bootstrap = GroupBootstrap.of(groups, config["seed"])
    print(f"\n{config['target']}, {config['split']}, {len(groups)} held-out records")
    for name, values in errors.items():
        base = errors[name.replace("searched", "defaults")]
        low, high = bootstrap.interval(values - base)
        against = f", {np.mean(values - base):+.3f} ({low:+.3f} to {high:+.3f}) to the defaults"
        print(f"{name:<28}MAE {np.mean(values):.3f}{against if 'searched' in name else ''}")


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"hyperparameters: {error}")
