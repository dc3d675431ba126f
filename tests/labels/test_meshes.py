import numpy as np
import pytest
from ase import Atoms
from hypothesis import given
from hypothesis import strategies as st

from sacml.labels import Inputs, ProtocolSettings, Task, prepare, preset
from sacml.labels.engines.jobs import gpaw_tries
from sacml.labels.meshes import COARSER, REFERENCE_A, bulk_mesh, sheet_mesh
from sacml.labels.metals import bulk_metal
from sacml.structures import BuildOptions, build


@pytest.mark.parametrize(
    ("site", "repeat", "mesh"),
    [
        ("Co-N4@graphene", None, (2, 2, 1)),  # 4x4: the protocol's own cell
        ("Co-N4@graphene", (5, 5), (2, 2, 1)),
        ("Co-N4@graphene", (3, 3), (3, 3, 1)),
        ("Mo-S3@mos2", (3, 3), (2, 2, 1)),
        ("Co-O3@ti3c2", None, (2, 2, 1)),
    ],
)
def test_each_cell_gets_an_equivalent_grid(site, repeat, mesh):
    structure = build(site, options=BuildOptions(repeat=repeat))
    assert sheet_mesh(structure.atoms, (2, 2, 1)) == mesh
    # Gamma stays Gamma, whatever the cell
    assert sheet_mesh(structure.atoms, (1, 1, 1)) == (1, 1, 1)
    with_alkali = build(site, "Li", options=BuildOptions(repeat=repeat))
    assert sheet_mesh(with_alkali.atoms, (2, 2, 1)) == mesh


@given(
    st.floats(3, 40), st.floats(3, 40), st.sampled_from([60, 90, 120]), st.integers(2, 8)
)  # fmt: skip
def test_no_grid_is_coarser_than_the_reference_by_more_than_the_tolerance(a, b, angle, k):
    sheet = Atoms("C", cell=[a, b, 13, 90, 90, angle], pbc=[1, 1, 0])
    mesh = sheet_mesh(sheet, (k, k, 1))
    spacing = np.linalg.norm(sheet.cell.reciprocal(), axis=1)[:2] / mesh[:2]
    reference = 2 / np.sqrt(3) / REFERENCE_A / k
    assert (spacing <= reference * COARSER * (1 + 1e-9)).all()
    # and no point could be left out
    fewer = np.linalg.norm(sheet.cell.reciprocal(), axis=1)[:2] / np.maximum(
        np.array(mesh[:2]) - 1, 1e-9
    )
    assert (fewer > reference * COARSER * (1 - 1e-9)).all()


def test_axes_that_are_not_periodic_have_one_point():
    tube = Atoms("C", cell=[4.3, 20, 20], pbc=[1, 0, 0])
    assert sheet_mesh(tube, (2, 2, 2))[1:] == (1, 1)
    assert sheet_mesh(tube, (2, 2, 2))[0] >= 4


def test_hexagonal_metals_have_fewer_points_along_their_long_axis():
    assert bulk_mesh(bulk_metal("Li"), (10, 10, 10)) == (10, 10, 10)
    n = bulk_mesh(bulk_metal("Zn"), (10, 10, 10))
    assert n[:2] == (10, 10)
    assert n[2] == 5


def test_the_engine_is_given_the_grid_of_the_cell():
    meshes = {}
    for repeat in (None, (3, 3), (5, 5)):
        s = ProtocolSettings(repeat=repeat)
        task = Task(key="site/Co-N4@graphene", kind="site", settings_digest=s.digest,
                    inputs=Inputs(site="Co-N4@graphene"))  # fmt: skip
        ready = prepare(task, s, {})
        meshes[repeat] = gpaw_tries(ready, s, 0, relaxing=False)[0]["kpts"]["size"]
        assert gpaw_tries(ready, s, 0, relaxing=True)[0]["kpts"]["size"] == [1, 1, 1]
    assert meshes == {None: [2, 2, 1], (3, 3): [3, 3, 1], (5, 5): [2, 2, 1]}
    # a grid of the task's own is taken as it is written
    s = preset("pbe-pw340")
    own = ready.model_copy(update={"inputs": ready.inputs.model_copy(update={"kpts": (6, 6, 1)})})
    assert gpaw_tries(own, s, 0, relaxing=False)[0]["kpts"]["size"] == [6, 6, 1]
