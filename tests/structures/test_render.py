import numpy as np
import pytest
from ase import Atoms
from matplotlib.image import imread

from sacml.structures import build
from sacml.structures.drawing import PictureError, Scene
from sacml.structures.render import draw, render


@pytest.fixture(scope="module")
def structure():
    return build("Co-N4@graphene", "K", "ring6")


def test_picture_shows_the_elements_in_their_colours(structure, tmp_path):
    picture = imread(render(structure, tmp_path / "a" / "site.png", dpi=100))
    scene = Scene.of(structure)
    pixels = picture[..., :3].reshape(-1, 3)
    for symbol in ("Co", "K", "N", "C"):
        colour = scene.colours[scene.symbols.index(symbol)]
        assert (np.abs(pixels - colour).max(axis=1) < 0.02).sum() > 100
    assert picture.shape[0] > 300
    white = (pixels > 0.99).all(axis=1).mean()
    assert 0.4 < white < 0.95


def test_words_on_the_picture(structure):
    figure = draw(Scene.of(structure))
    words = {t.get_text() for a in figure.axes for t in a.texts} | {
        t.get_text() for t in figure.texts
    }
    assert {"top", "side", "Co", "K", "5 Å", "Co-N4@graphene + K (ring6)"} <= words
    labels = {t.get_text() for legend in figure.legends for t in legend.get_texts()}
    assert labels == {"Co 1 (centre)", "K 1 (alkali)", "C 26", "N 4"}


def test_scene_has_the_site_in_the_middle_and_the_alkali_above(structure):
    scene = Scene.of(structure)
    assert np.abs(scene.positions[scene.centre[0]]).max() < 0.2
    assert scene.positions[scene.alkali[0]][2] > 1.5
    half = np.abs(scene.edges).max(axis=(0, 1))
    assert (np.abs(scene.positions[:, :2]) <= half[:2] + 0.1).all()


def test_bonds_are_those_of_the_shell(structure):
    scene = Scene.of(structure)
    metal = scene.centre[0]
    partners = [b for b in scene.bonds if metal in (b.first, b.second)]
    assert sorted(scene.symbols[b.second if b.first == metal else b.first] for b in partners) == [
        "N", "N", "N", "N",
    ]  # fmt: skip
    assert not any(set(scene.alkali) & {b.first, b.second} for b in scene.bonds)
    # a sheet of graphene: three bonds an atom; each bond over the border is drawn from both ends
    pristine = Scene.of(build("@graphene"))
    whole = sum(b.whole for b in pristine.bonds)
    assert 2 * whole + sum(not b.whole for b in pristine.bonds) == 3 * len(pristine.symbols)


def test_large_metals_are_not_bonded_to_the_second_shell():
    scene = Scene.of(build("Y-N4@graphene"))
    metal = scene.centre[0]
    assert sum(metal in (b.first, b.second) for b in scene.bonds) == 4


def test_host_metals_are_not_bonded_to_each_other():
    scene = Scene.of(build("Co-Mo3@mos2(v=S)"))
    pairs = [{scene.symbols[b.first], scene.symbols[b.second]} for b in scene.bonds]
    assert {"Mo"} not in pairs
    assert {"Co", "Mo"} in pairs


def test_host_metals_near_a_centre_are_drawn_only_where_the_shell_names_them():
    scene = Scene.of(build("Co-S4@fes"))
    metal = scene.centre[0]
    ends = [{b.first, b.second} - {metal} for b in scene.bonds if metal in (b.first, b.second)]
    assert [scene.symbols[end.pop()] for end in ends] == ["S"] * 4


def test_plain_atoms_are_titled_by_their_formula():
    figure = draw(Scene.of(Atoms("CO", positions=[[0, 0, 0], [1.1, 0, 0]])))
    assert "CO" in {t.get_text() for t in figure.texts}


@pytest.mark.parametrize(
    ("atoms", "word"),
    [(Atoms(), "without atoms"), (Atoms("C", positions=[[np.nan, 0, 0]]), "no numbers")],
)
def test_what_cannot_be_drawn_is_named(atoms, word, tmp_path):
    with pytest.raises(PictureError, match=word):
        render(atoms, tmp_path / "a.png")


def test_a_path_that_cannot_be_written(structure, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PictureError, match="cannot write"):
        render(structure, tmp_path / "file" / "a.png", dpi=40)


def test_only_the_added_atom_of_an_alkali_metal_is_marked():
    loaded, bare = Scene.of(build("@li_metal", "Li")), Scene.of(build("@li_metal"))
    assert loaded.alkali == (36,)
    assert bare.alkali == ()
    assert not loaded.bonds


def test_legend_tells_a_centre_from_the_same_metal_of_its_host():
    figure = draw(Scene.of(build("Co-S4@cos", "Li")))
    texts = {t.get_text() for t in figure.legends[0].get_texts()}
    assert texts == {"Co 1 (centre)", "Li 1 (alkali)", "Co 19", "S 24"}
