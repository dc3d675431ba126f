"""A stored surrogate as an MLflow model: from code, with signature, input example and evidence."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sacml
from sacml._resources import dataset_path
from sacml.domain.conditions import NUMBERS, WORDS
from sacml.models.files import GRAPHS
from sacml.tracking.backend import as_default, quiet
from sacml.tracking.environment import requirements
from sacml.tracking.evidence import Evidence
from sacml.tracking.registry import model_name, register
from sacml.tracking.serving import EXAMPLE, REQUIRED

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from sacml.evaluation import Evaluation
    from sacml.models import Surrogate
    from sacml.tracking.target_run import TargetRun

# what the predict path needs; sacml itself travels with the model
_NEEDS = ("numpy", "pandas", "onnxruntime", "pint", "pydantic", "ase", "scipy", "scikit-learn",
          "threadpoolctl", "mlflow")  # fmt: skip
_NEEDS_GRAPHS = ("torch", "torch-geometric", "vesin", "safetensors")
_DATA = ("elements", "systems", "lattices")
SURROGATE, EVIDENCE = "surrogate", "evidence"


def signature() -> Any:
    """Return the ModelSignature: site and alkali required, conditions optional."""
    with quiet():
        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema

        given: list[Any] = [ColSpec(DataType.string, name) for name in REQUIRED]
        given += [ColSpec(DataType.double, name, required=False) for name in NUMBERS]
        given += [ColSpec(DataType.string, name, required=False) for name in WORDS]
        answer: list[Any] = [ColSpec(DataType.double, "value")]
        answer += [ColSpec(DataType.double, name, required=False) for name in ("lower", "upper")]
        answer += [ColSpec(DataType.string, "unit"), ColSpec(DataType.boolean, "in_domain")]
        answer += [ColSpec(DataType.string, "reasons")]
        level = ParamSchema([ParamSpec("level", DataType.double, 0.9)])
        return ModelSignature(Schema(given), Schema(answer), level)


def release(run: "TargetRun", folder: Path, evaluation: "Evaluation | None") -> str:
    """Log the folder of a stored surrogate as a nested run's model and register it.

    Raises
    ------
    ModelFileError
        If the folder is not a sound stored surrogate.
    """
    from sacml.models import store

    surrogate = store.load(folder)
    name = f"release · {surrogate.model} · {surrogate.trained_on} rows"
    with run.nested(name, {"sacml.kind": "release"}) as run_id:
        evidence = None if evaluation is None else Evidence.of(surrogate, evaluation)
        found: list[str] = []

        def log(client: "MlflowClient", number: str) -> None:
            uri = log_pyfunc(client, number, folder, surrogate, evidence)
            register(
                client, model_name(run.experiment, surrogate), uri, number, surrogate, evidence
            )
            found.append(uri)

        run.writer.log(
            run_id,
            tags={"sacml.model": surrogate.model, "sacml.trained_on": surrogate.trained_on,
                  "sacml.model_version": surrogate.version},
        )  # fmt: skip
        run.writer.write(run_id, log)
    return found[-1]


def log_pyfunc(
    client: "MlflowClient",
    run_id: str,
    folder: Path,
    surrogate: "Surrogate",
    evidence: Evidence | None = None,
    tags: Mapping[str, str] | None = None,
) -> str:
    """Log a surrogate's folder as a model of a run; return the model's URI.

    The code that runs it goes with it: the model is bound to the descriptor schema and the
    element table of this sacml, so no other sacml could load it.
    """
    import pandas as pd

    described = signature()
    with quiet(), as_default(client.tracking_uri), tempfile.TemporaryDirectory() as scratch:
        import mlflow
        from mlflow.models import Model

        # MLflow keeps the last word of each path as its name among the model's files
        shutil.copytree(folder, Path(scratch) / SURROGATE)
        artifacts = {SURROGATE: str(Path(scratch) / SURROGATE)}
        if evidence is not None:
            evidence.write(Path(scratch) / EVIDENCE)
            artifacts[EVIDENCE] = str(Path(scratch) / EVIDENCE)
        run = client.get_run(run_id)
        # left to itself, MLflow puts the model into the default experiment, whose files lie in
        # whatever directory the process was started from
        made = client.create_logged_model(
            run.info.experiment_id,
            surrogate.target,
            source_run_id=run_id,
            tags=dict(tags or {}),
            params=run.data.params,
        )
        info = Model.log(
            artifact_path=None,
            name=surrogate.target,
            flavor=mlflow.pyfunc,
            run_id=run_id,
            model_id=made.model_id,
            python_model=str(Path(__file__).with_name("pyfunc_model.py")),
            artifacts=artifacts,
            code_paths=_code(Path(scratch)),
            signature=described,
            input_example=pd.DataFrame(EXAMPLE),
            pip_requirements=_requirements(surrogate),
        )
    return str(info.model_uri)


def _requirements(surrogate: "Surrogate") -> list[str]:
    """Packages that the model needs; a local part of a version (``+cpu``) is in no index."""
    names = _NEEDS + _NEEDS_GRAPHS * (surrogate.predictor.kind == GRAPHS)
    found = [r for r in requirements(names) if "==" in r and r[:5] != "sacml"]
    return [r.partition("+")[0] for r in found]


def _code(scratch: Path) -> list[str]:
    """Copy of the package and of the tables it reads when it predicts, side by side."""
    package, data = scratch / "sacml", scratch / "datasets"
    ignore = shutil.ignore_patterns("__pycache__", "_datasets", "_models")
    shutil.copytree(Path(sacml.__file__).parent, package, ignore=ignore)
    for name in _DATA:
        shutil.copytree(dataset_path(name), data / name, ignore=ignore)
    return [str(package), str(data)]
