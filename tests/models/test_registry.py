import subprocess
import sys

import pytest

from sacml.errors import SacmlError, UnknownNameError
from sacml.models import MODEL_NAMES, make_model
from sacml.models.registry import TABULAR, columns_of, module_of, register

NAMES = ("metal_x", "cond_a", "alkali_is_li", "cond_b", "shell_n", "metal_valence_electrons_mean")


def test_every_name_makes_an_estimator_of_its_own():
    made = [make_model(name, 7, NAMES) for name in TABULAR]
    assert len({repr(m) for m in made}) == len(TABULAR)
    assert MODEL_NAMES[:-1] == TABULAR
    assert MODEL_NAMES[-1] == "gnn"
    assert make_model("conditions_only", 7, NAMES).columns == (1, 2, 3)
    assert make_model("alkali_mean", 7, NAMES).columns == (2,)
    assert make_model("same_metal_mean", 7, NAMES).columns == (0, 5)
    assert make_model("alkali_shell_mean", 7, NAMES).columns == (2, 4)
    smooth = make_model("gaussian_process", 7, NAMES).blocks
    assert smooth[0] == ("rbf", (0, 5))
    periodic = make_model("gaussian_process_periodic", 7, NAMES).blocks
    assert periodic == (("exponential", (5,)), *smooth)
    assert make_model("extra_trees_tuned", 7, NAMES).feature_names == NAMES
    for name in ("extra_trees", "random_forest", "hist_boosting", "ridge_tuned"):
        assert make_model(name, 7, NAMES).random_state == 7
    assert [make_model(n).censored for n in ("mixed_linear", "censored_linear")] == [False, True]


def test_unknown_names_and_missing_columns_are_said():
    with pytest.raises(UnknownNameError, match="did you mean 'ridge'"):
        make_model("rigde", 0, NAMES)
    with pytest.raises(SacmlError, match="no feature starts with host_; given are metal_x"):
        columns_of(NAMES, "host_")


def test_a_name_is_registered_once():
    make_model("ridge", 0, NAMES)
    with pytest.raises(ValueError, match="registered twice"):
        register("ridge")(lambda seed, names: None)


def test_a_graph_network_without_its_packages_names_the_extra(monkeypatch):
    from sacml.models import gnn

    monkeypatch.setattr(gnn, "PACKAGES", ("no_such_package",))
    with pytest.raises(SacmlError, match=r"need no_such_package: .*sacml\[gnn\]"):
        make_model("gnn")


def test_making_a_model_of_descriptors_imports_no_torch():
    code = (
        "import sys; from sacml.models import make_model; make_model('ridge'); "
        "sys.exit(any(m in sys.modules for m in ('torch', 'lightning')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_importing_models_is_light():
    code = (
        "import sys, sacml.models, sacml.models.store\n"
        "heavy = {'sklearn', 'pandas', 'skl2onnx', 'onnx', 'mlflow', 'matplotlib', 'torch'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_module_of_a_model_is_where_it_is_registered():
    assert module_of("ridge") == "sacml.models.ridge"
    assert module_of("ridge_tuned") == "sacml.models.tuned"
    with pytest.raises(UnknownNameError, match="did you mean 'ridge'"):
        module_of("rigde")
