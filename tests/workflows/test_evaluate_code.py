import pytest

from sacml.models.registry import TABULAR, make_model, module_of
from sacml.workflows.evaluate_code import JOBS, _meaning, code_digest, needed


@pytest.mark.parametrize("model", TABULAR)
def test_all_that_a_fitted_model_is_made_of_counts(model):
    counted = needed((*JOBS, module_of(model)))
    kinds = type(make_model(model)).__mro__
    own = {k.__module__ for k in kinds if k.__module__.startswith("sacml.")}
    assert own <= counted
    assert {"sacml.models.base", "sacml.data.splits", "sacml.features.pair"} <= counted


def test_one_model_does_not_count_for_another():
    ridge = needed((*JOBS, module_of("ridge")))
    assert "sacml.models.ridge" in ridge
    assert not {"sacml.models.boosting", "sacml.models.tuned", "sacml.models.registry"} & ridge
    assert not any(name.startswith(("sacml.models.gnn", "sacml.design")) for name in ridge)
    tuned = needed((*JOBS, module_of("ridge_tuned")))
    assert {"sacml.models.ridge", "sacml.models.tuned", "sacml.models.gaussian_process"} <= tuned


def test_models_of_one_file_share_a_digest_and_others_do_not():
    assert code_digest("mixed_linear") == code_digest("gaussian_process")
    assert code_digest("ridge") != code_digest("gaussian_process")
    assert "scikit-learn" in code_digest("ridge")


def test_an_import_inside_a_function_counts():
    assert "sacml.models.onnx_trees" in needed(("sacml.models.forests",))


def test_words_and_layout_do_not_count(tmp_path):
    one, two, other = (tmp_path / f"{n}.py" for n in ("one", "two", "other"))
    one.write_text('"""Says."""\ndef f(x):\n    """Adds."""\n    return x + 1  # one more\n')
    two.write_text("def f(x):\n    return (\n        x + 1\n    )\n")
    other.write_text("def f(x):\n    return x + 2\n")
    assert _meaning(one) == _meaning(two) != _meaning(other)
