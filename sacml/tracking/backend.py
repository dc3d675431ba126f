"""The only door to MLflow: imported late, without telemetry, without noise on the terminal."""

import logging
import os
import random
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from sacml.errors import SacmlError

if TYPE_CHECKING:
    from mlflow import MlflowClient

T = TypeVar("T")
DATABASE, ARTIFACTS = "mlflow.db", "mlflow-artifacts"
_SQLITE = "sqlite:///"
_SCHEMES = ("sqlite", "postgresql", "mysql", "mssql", "http", "https", "databricks")
# What MLflow documents as its switches. A user who set one of them keeps that choice.
_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # a server that went away is noticed in seconds, not after MLflow's four minutes: what is
    # written then is kept beside the study, see `sacml.tracking.runs`
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
}
# opens the page of an experiment on its runs, not on traces of language models
_EXPERIMENT = {"mlflow.experimentKind": "custom_model_development"}
_NOTE = "mlflow.note.content"
_LOCKED_S = 60.0
"""How long another process may hold a sqlite store before a write counts as lost."""


class TrackingError(SacmlError):
    """The tracking store cannot be used as given."""


def default_uri(runs_folder: str | Path) -> str:
    """Return the sqlite URI of a folder; the folder is made when the store is first used.

    Parameters
    ----------
    runs_folder
        Folder for everything generated, e.g. ``runs``.

    Returns
    -------
    str
        ``sqlite:////absolute/path/mlflow.db``
    """
    return f"{_SQLITE}{(Path(runs_folder).resolve() / DATABASE).as_posix()}"


@contextmanager
def quiet() -> Iterator[None]:
    """Surround calls into MLflow, and nothing else.

    Deprecations that MLflow's own dependencies report and its INFO lines do not reach the user;
    warnings of our code are raised outside of this context and stay visible.
    """
    for key, value in _SETTINGS.items():
        os.environ.setdefault(key, value)
    with warnings.catch_warnings():
        for category in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        warnings.filterwarnings("ignore", category=UserWarning, module=r"mlflow(\.|$)")
        import mlflow  # noqa: F401  (sets up its loggers, which the next lines turn down)

        loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
        levels = [logger.level for logger in loggers]
        try:
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def check_uri(uri: str) -> None:
    """Refuse an address that no store can have, without loading MLflow."""
    scheme = urlsplit(uri).scheme.split("+")[0]
    if scheme not in _SCHEMES:
        raise TrackingError(
            f"tracking URI {uri!r} names no database or server: MLflow no longer writes plain "
            f"folders; write {_SQLITE}/path/to/{DATABASE} or https://host:port "
            f"(allowed kinds: {', '.join(_SCHEMES)})"
        )


def connect(uri: str) -> "MlflowClient":
    """Open the store behind a tracking URI.

    Raises
    ------
    TrackingError
        If it is a file store (MLflow gave it up), of no known kind, or cannot be opened.
    """
    check_uri(uri)
    database = sqlite_path(uri)
    try:
        if database is not None:
            database.parent.mkdir(parents=True, exist_ok=True)
            if not database.exists():
                _make_database(database)
        with quiet():
            from mlflow import MlflowClient

            # the model registry lives in the same store, whatever the process's default is
            return MlflowClient(tracking_uri=uri, registry_uri=uri)
    except Exception as error:
        raise TrackingError(
            f"cannot open the tracking store {uri!r}: {error}; check the address, or leave the "
            f"option out to use the sqlite store"
        ) from error


def _make_database(database: Path) -> None:
    """Make a database whole before anybody sees it.

    Processes that start at once on a new store would otherwise make its tables at the same time,
    and all but one would fail.
    """
    with tempfile.TemporaryDirectory(dir=database.parent) as scratch:
        made, copy = Path(scratch) / "made.db", Path(scratch) / "copy.db"
        with quiet():
            from mlflow import MlflowClient

            MlflowClient(tracking_uri=f"{_SQLITE}{made.resolve().as_posix()}").search_experiments()
        # a copy, because this process still has the first one open
        shutil.copyfile(made, copy)
        try:
            os.link(copy, database)
        except FileExistsError:
            pass  # another process was faster
        except OSError:
            os.replace(copy, database)  # a file system without hard links


def sqlite_path(uri: str) -> Path | None:
    """Path of the database file, None for any other store."""
    return Path(uri.removeprefix(_SQLITE)) if uri.startswith(_SQLITE) else None


def _note(experiment: str) -> str:
    """Say what an experiment holds, for its page."""
    what = experiment.partition("-")[2]
    if what == "studies":
        return "One run per study: configuration, environment, report, figures, system metrics."
    return (
        f"One run per study that trained {what}, and below it one per model, training rows and "
        "split. `mae_sac` is over held-out single- and dual-atom sites, `mae_all` over all "
        "held-out rows, both on the modelling scale; `fold_mae` has a step per fold."
    )


def patiently(action: Callable[[], T]) -> T:
    """Do something with a store; while another process holds its database, try again."""
    until = time.monotonic() + _LOCKED_S
    while True:
        try:
            with quiet():
                return action()
        except Exception as error:
            if "database is locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(random.uniform(0.05, 0.3))


def experiment_id(client: "MlflowClient", uri: str, name: str) -> str:
    """Return the id of an experiment, made if it is not there.

    The artifacts of a sqlite store are put beside its database: MLflow's default would be a
    folder in whatever directory the process was started from.
    """
    from mlflow.exceptions import MlflowException

    with quiet():
        found = client.get_experiment_by_name(name)
        if found is None:
            database = sqlite_path(uri)
            place = (database.resolve().parent / ARTIFACTS).as_uri() if database else None
            try:
                return client.create_experiment(name, place, {**_EXPERIMENT, _NOTE: _note(name)})
            except MlflowException:
                # another process was faster
                found = client.get_experiment_by_name(name)
                if found is None:
                    raise
    if found.lifecycle_stage == "deleted":
        raise TrackingError(
            f"experiment {name!r} in {uri!r} was deleted; choose another name, or restore it with "
            f"`mlflow experiments restore --experiment-id {found.experiment_id}`"
        )
    return str(found.experiment_id)


@contextmanager
def as_default(uri: str) -> Iterator[None]:
    """Make `uri` the process's tracking and registry URI for a while (some of MLflow asks it)."""
    import mlflow

    keys = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
    before = {key: os.environ.get(key) for key in keys}
    tracking, registry = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(tracking)
        mlflow.set_registry_uri(registry)
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
