"""Registered versions as folders that need no MLflow, and folders as registered versions."""

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sacml.errors import ModelFileError
from sacml.tracking.backend import TrackingError
from sacml.tracking.evidence import Evidence
from sacml.tracking.locate import model_folder
from sacml.tracking.registry import Version, find, model_name, register, versions
from sacml.tracking.release import EVIDENCE, SURROGATE, log_pyfunc
from sacml.tracking.runs import IDENTITY, RunWriter

if TYPE_CHECKING:
    from mlflow import MlflowClient


def export_version(client: "MlflowClient", version: Version, folder: Path) -> Path:
    """Write a version as ``folder/TARGET``, which `sacml predict --models folder` reads.

    The held-out rows go along below ``evidence``. The copy is loaded once, which checks digests,
    schemas and examples.

    Raises
    ------
    TrackingError
        If the place is taken, or the version's files are gone.
    """
    from sacml.models import store

    with model_folder(client, version.model_uri) as stored:
        source = stored / "artifacts" / SURROGATE
        if not source.is_dir():
            raise TrackingError(f"the files of {version.name} {version.number} are not at {source}")
        place = folder / store.load(source).target
        if place.exists():
            raise TrackingError(f"{str(place)!r} is there already; choose another folder")
        shutil.copytree(source, place, ignore=shutil.ignore_patterns(EVIDENCE))
        evidence = stored / "artifacts" / EVIDENCE
        if evidence.is_dir():
            shutil.copytree(evidence, place / EVIDENCE)
    store.load(place)
    return place


def import_folder(uri: str, folder: Path, prefix: str = "sacml") -> Version:
    """Register an exported (or trained) folder as the newest version and the challenger.

    A folder that is registered already is not registered twice.

    Raises
    ------
    ModelFileError
        If it is no sound stored surrogate.
    """
    from sacml.models import store

    surrogate = store.load(folder)
    evidence = Evidence.read(folder / EVIDENCE)
    if evidence is not None and (evidence.target, evidence.model, evidence.trained_on) != (
        surrogate.target, surrogate.model, surrogate.trained_on):  # fmt: skip
        raise ModelFileError(f"the held-out rows in {folder / EVIDENCE} are of another model")
    identity = hashlib.sha256((folder / store.DIGESTS).read_bytes()).hexdigest()
    writer = RunWriter(uri)
    name = model_name(f"{prefix}-{surrogate.target}", surrogate)
    for known in versions(writer.client, name):
        if known.tags.get(IDENTITY) == identity:
            return known
    tags = {"sacml.kind": "import", "sacml.target": surrogate.target}
    title = f"import · {surrogate.model} · {surrogate.trained_on} rows"
    with writer.open(f"{prefix}-{surrogate.target}", title, tags) as run_id:
        given = {IDENTITY: identity}
        model = log_pyfunc(writer.client, run_id, folder, surrogate, evidence, given)
        number = register(writer.client, name, model, run_id, surrogate, evidence, given)
    return find(writer.client, name, str(number))
