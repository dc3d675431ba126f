import re

import numpy as np
import pytest
from ase import Atoms

from sacml.structures import build
from sacml.structures.drawing import PictureError
from sacml.structures.meshes import stick, unit_ball
from sacml.structures.view3d import view


@pytest.fixture(scope="module")
def shown():
    return view(build("Co-N4@graphene", "Na", "ring6"))


def test_page_is_whole_and_loads_nothing(shown, tmp_path):
    text = shown.write(tmp_path / "a" / "site.html").read_text(encoding="utf-8")
    assert text.lstrip().startswith("<!doctype html>")
    assert "<title>Co-N4@graphene + Na (ring6)</title>" in text
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", text)


def test_notebook_view_is_a_frame_of_its_own(shown):
    text = shown._repr_html_()
    assert text.startswith("<iframe srcdoc=")
    # all quotes of the page inside are escaped
    assert text.count('"') == 8


def test_one_mesh_for_each_element_and_the_bonds(shown):
    meshes = {t.name: t for t in shown.figure.data if t.type == "mesh3d"}
    assert set(meshes) == {"bonds", "C 26", "N 4", "Co 1", "Na 1"}
    points, _ = unit_ball()
    assert len(meshes["C 26"].x) == 26 * len(points)
    names = [t for t in shown.figure.data if t.type == "scatter3d" and t.mode == "markers"]
    assert sum("(centre)" in text for text in names[0].text) == 1


def test_a_figure_for_a_page_that_has_the_script_is_small(shown):
    assert len(shown.html(whole_page=False, script=False)) < 600_000


def test_ball_and_stick_are_round_and_turned_outward():
    points, faces = unit_ball()
    assert np.linalg.norm(points, axis=1) == pytest.approx(np.ones(162))
    a, b, c = (points[faces[:, k]] for k in range(3))
    assert (np.einsum("fx,fx->f", np.cross(b - a, c - a), a + b + c) > 0).all()
    vector = np.array([0.0, 0.3, 1.2])
    tube, sides = stick(np.zeros(3), vector)
    away = tube - np.outer(tube @ vector, vector) / (vector @ vector)
    radius = np.linalg.norm(away, axis=1)
    assert radius == pytest.approx(np.full(len(tube), radius[0]))
    a, b, c = (tube[sides[:, k]] for k in range(3))
    out = away[sides].mean(axis=1)
    assert (np.einsum("fx,fx->f", np.cross(b - a, c - a), out) > 0).all()


def test_nothing_to_show():
    with pytest.raises(PictureError, match="without atoms"):
        view(Atoms())
