"""Released models that go along when runs are merged."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sacml.tracking.backend import quiet
from sacml.tracking.evidence import Evidence
from sacml.tracking.locate import model_folder
from sacml.tracking.registry import register, versions
from sacml.tracking.release import EVIDENCE, SURROGATE, log_pyfunc
from sacml.tracking.runs import IDENTITY

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


def merge_models(
    give: "MlflowClient", take: "MlflowClient", runs: "Sequence[Run]", run_ids: Mapping[str, str]
) -> int:
    """Register the models of `runs` in another store; return how many were not there yet.

    Each becomes the newest version and the challenger; who is champion is not touched.

    Parameters
    ----------
    run_ids
        Id of each run in `give` -> its id in `take`.
    """
    from sacml.models import store

    known = {v.tags.get(IDENTITY, v.model_uri) for v in versions(take)}
    count = 0
    for version in sorted(versions(give), key=lambda v: v.created_ms):
        identity = version.tags.get(IDENTITY, version.model_uri)
        if identity in known or version.run_id not in run_ids:
            continue
        with model_folder(give, version.model_uri) as folder:
            stored = folder / "artifacts" / SURROGATE
            if not stored.is_dir():
                continue  # its run is named among those without files
            surrogate = store.load(stored)
            evidence = Evidence.read(folder / "artifacts" / EVIDENCE)
            run_id, tags = run_ids[version.run_id], {IDENTITY: identity}
            uri = log_pyfunc(take, run_id, stored, surrogate, evidence, tags)
        with quiet():
            register(take, version.name, uri, run_id, surrogate, evidence, tags)
        known.add(identity)
        count += 1
    return count
