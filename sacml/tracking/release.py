"""A stored surrogate as an MLflow model: from code, with signature and input example."""

from pathlib import Path
from typing import Any

from sacml.domain.conditions import NUMBERS, WORDS
from sacml.tracking.backend import as_default, quiet
from sacml.tracking.environment import requirements
from sacml.tracking.serving import EXAMPLE, REQUIRED

# what the predict path needs
_NEEDS = ("numpy", "pandas", "onnxruntime", "pint", "pydantic", "mlflow")


def signature() -> Any:
    """Return the ModelSignature: site and alkali required, conditions optional."""
    with quiet():
        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema

        given: list[Any] = [ColSpec(DataType.string, name) for name in REQUIRED]
        given += [ColSpec(DataType.double, name, required=False) for name in NUMBERS]
        given += [ColSpec(DataType.string, name, required=False) for name in WORDS]
        answer: list[Any] = [ColSpec(DataType.double, name) for name in ("value", "lower", "upper")]
        answer += [ColSpec(DataType.string, "unit"), ColSpec(DataType.boolean, "in_domain")]
        answer += [ColSpec(DataType.string, "reasons")]
        level = ParamSchema([ParamSpec("level", DataType.double, 0.9)])
        return ModelSignature(Schema(given), Schema(answer), level)


def log_pyfunc(uri: str, run_id: str, folder: Path, name: str) -> str:
    """Log the folder of a stored surrogate as a model of a run; return the model's URI.

    Raises
    ------
    ModelFileError
        If the folder is not a sound stored surrogate.
    """
    import pandas as pd

    from sacml.models import store

    store.load(folder)
    described = signature()
    with quiet(), as_default(uri):
        import mlflow
        from mlflow.models import Model

        client = mlflow.MlflowClient(tracking_uri=uri)
        run = client.get_run(run_id)
        # left to itself, MLflow puts the model into the default experiment, whose files lie in
        # whatever directory the process was started from
        made = client.create_logged_model(
            run.info.experiment_id, name, source_run_id=run_id, params=run.data.params
        )
        info = Model.log(
            artifact_path=None,
            name=name,
            flavor=mlflow.pyfunc,
            run_id=run_id,
            model_id=made.model_id,
            python_model=str(Path(__file__).with_name("pyfunc_model.py")),
            artifacts={"surrogate": str(folder.resolve())},
            signature=described,
            input_example=pd.DataFrame(EXAMPLE),
            pip_requirements=[r for r in requirements(_NEEDS) if not r.startswith("#")],
        )
    return str(info.model_uri)
