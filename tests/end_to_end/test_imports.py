"""What a person waits for: importing sacml and the prediction path must stay light."""

import json
import subprocess
import sys

import pytest

HEAVY = ("torch", "mlflow", "matplotlib", "plotly", "lightning")


def loaded(code: str) -> set[str]:
    script = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_importing_sacml_loads_nothing_heavy():
    modules = loaded("import sacml")
    assert not modules & {*HEAVY, "sklearn", "pandas", "numpy", "onnxruntime", "pydantic"}


@pytest.mark.parametrize(
    "code",
    [
        "from sacml import predict; predict('Co-N4@graphene', 'Li')",
        "import sacml.domain, sacml.data, sacml.features, sacml.models",
    ],
)
def test_predicting_loads_neither_trackers_nor_trainers(code):
    modules = loaded(code)
    assert not modules & {*HEAVY, "sklearn"}


def test_the_help_page_needs_no_scientific_library():
    done = loaded("from sacml.cli.app import app")
    assert not done & {*HEAVY, "sklearn", "pandas", "onnxruntime"}


def test_lazy_names_resolve_and_unknown_ones_fail():
    import sacml

    assert set(sacml.__all__) == {"__version__", *sacml._LAZY}
    for name in sacml.__all__:
        assert getattr(sacml, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = sacml.nothing
