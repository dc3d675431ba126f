import json

import numpy as np
import pytest
from ase import Atoms
from hypothesis import given
from hypothesis import strategies as st

from sacml.errors import SacmlError
from sacml.labels import FAILURES, Inputs, LabelError, Task, TaskResult, key_of
from sacml.labels.extxyz import mark, unmark
from sacml.labels.task import Failure, from_extxyz, to_extxyz

SITE = Task(
    key="site/Co-N4@graphene", kind="site", inputs=Inputs(site="Co-N4@graphene"),
    settings_digest="d",
)  # fmt: skip


@given(st.text(min_size=1, max_size=60))
def test_a_key_is_a_file_name_and_back(key):
    task = SITE.model_copy(update={"key": key})
    assert "/" not in task.file_name
    assert "\x00" not in task.file_name
    assert key_of(task.file_name) == key


@pytest.mark.parametrize("key", ["ads/Co-N4@graphene/Li/ring6", "site/Pt-?@in2s3|ti3c2(v=Ti,T=Cl)"])
def test_a_file_name_stays_readable(key):
    name = SITE.model_copy(update={"key": key}).file_name
    assert name.startswith(key.split("/", maxsplit=1)[0])
    assert "?" not in name
    assert "|" not in name


numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
results = st.builds(
    TaskResult, key=st.text(min_size=1, max_size=20), kind=st.just("site"), status=st.just("ok"),
    settings_digest=st.text(max_size=5), level_of_theory=st.text(max_size=5),
    energy_eV=st.floats(allow_nan=False, allow_infinity=False), free_energy_eV=numbers,
    moment_muB=numbers, geometry_converged=st.none() | st.booleans(),
    moments_muB=st.none() | st.lists(st.floats(-9, 9), max_size=4).map(tuple),
    curve=st.lists(st.tuples(st.floats(1, 9), st.floats(-9, 9)), max_size=3).map(tuple),
    versions=st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2),
    notes=st.lists(st.text(max_size=5), max_size=2).map(tuple), geometry=st.none() | st.text(),
)  # fmt: skip


@given(results)
def test_results_go_through_text_unchanged(result):
    text = result.to_json()
    assert "\n" not in text
    assert TaskResult.from_json(text) == result


@given(results, st.data())
def test_a_result_cut_short_is_refused(result, data):
    text = result.to_json()
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(LabelError, match="TaskResult"):
        TaskResult.from_json(text[:cut])


def test_tasks_go_through_text_unchanged():
    task = Task(
        key="ads/Co-N4@graphene/Li/ring6/m0.0", kind="adsorption",
        inputs=Inputs(site="Co-N4@graphene", alkali="Li", place="ring6", centre_moment_muB=0.0),
        needs=("site/Co-N4@graphene",), settings_digest="0123", priority=-3,
    )  # fmt: skip
    assert Task.from_json(task.to_json()) == task


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "adsorption"}, "what to compute"),
        ({"kind": "bulk"}, "what to compute"),
        ({"kind": "single_point"}, "what to compute"),
        ({"kind": "phonons"}, "kind"),
        ({"needs": ["site/Co-N4@graphene"]}, "needs itself"),
        ({"inputs": {"site": "Co-N4@graphene", "colour": "red"}}, "colour"),
        ({"key": ""}, "key"),
    ],
)
def test_bad_tasks_say_what_is_wrong(change, said):
    with pytest.raises(LabelError, match=said):
        Task.from_dict(SITE.to_dict() | change)


@pytest.mark.parametrize("change", [{"site": "Xx-N4@graphene"}, {"alkali": "Rb"}, {"element": "Q"}])
def test_names_in_the_inputs_are_checked(change):
    with pytest.raises(SacmlError, match=next(iter(change.values())).partition("-")[0]):
        Task.from_dict(SITE.to_dict() | {"inputs": change})


def test_sites_are_written_in_canonical_form():
    assert Inputs(site="Ni+Fe-N6@graphene").site == "Fe+Ni-N6@graphene"


def test_status_and_contents_of_a_result_agree():
    with pytest.raises(LabelError, match="no energy"):
        TaskResult.from_dict(_values() | {"energy_eV": None})
    with pytest.raises(LabelError, match="without a reason"):
        TaskResult.from_dict(_values() | {"status": "failed"})
    with pytest.raises(LabelError, match="finite"):
        TaskResult.from_dict(_values() | {"energy_eV": float("nan")})
    failed = TaskResult.failed(SITE, "scf", "did not converge")
    assert (failed.ok, failed.failure, failed.settings_digest) == (False, "scf", "d")


def _values():
    return {"key": "a", "kind": "site", "status": "ok", "settings_digest": "d",
            "level_of_theory": "L", "energy_eV": -1.0}  # fmt: skip


def test_the_words_for_failures_are_one_list():
    assert set(FAILURES) == set(Failure.__args__)


def test_structures_keep_moments_cell_and_words():
    atoms = Atoms("CoNLi", np.random.default_rng(1).normal(size=(3, 3)), cell=[4, 5, 6],
                  pbc=[1, 1, 0], magmoms=[1.5, 0, -0.25])  # fmt: skip
    atoms.info = {"site": "Co-N?@in2s3|ti3c2(v=Ti,T=Cl)", "centre": mark((0,)), "shell": mark(()),
                  "normal": np.array([0.0, 0.0, 1.0])}  # fmt: skip
    again = from_extxyz(to_extxyz(atoms))
    assert again.positions == pytest.approx(atoms.positions, abs=1e-7)
    assert again.cell.array == pytest.approx(atoms.cell.array)
    assert list(again.pbc) == [True, True, False]
    assert again.get_initial_magnetic_moments() == pytest.approx([1.5, 0, -0.25])
    assert again.info["site"] == atoms.info["site"]
    assert unmark(again.info["centre"]) == (0,)
    assert unmark(again.info.get("shell")) == ()
    assert again.info["normal"] == pytest.approx([0, 0, 1])
    assert to_extxyz(again) == to_extxyz(from_extxyz(to_extxyz(again)))


def test_a_task_without_a_structure_says_so():
    with pytest.raises(LabelError, match="prepare"):
        SITE.atoms()
    with pytest.raises(LabelError, match="no structure"):
        TaskResult.from_dict(_values()).atoms()


def test_json_is_plain():
    assert json.loads(SITE.to_json())["inputs"]["site"] == "Co-N4@graphene"
