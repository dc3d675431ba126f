import numpy as np
import pytest
from ase import Atoms

from sacml.data.importers.calculations_match import intact, match
from sacml.structures import build


@pytest.fixture(scope="module")
def bare():
    return build("Co-N4@graphene").to_atoms()


@pytest.fixture(scope="module")
def full():
    return build("Co-N4@graphene", "Li").to_atoms()


def test_finds_the_adsorbate_whatever_the_order_shift_and_image(bare, full):
    rng = np.random.default_rng(0)
    li = full.symbols.search("Li")[0]
    for _ in range(5):
        order = rng.permutation(len(full))
        moved = full[order]
        moved.positions += rng.uniform(-4, 4, 3) * [1, 1, 0.2] + rng.normal(0, 0.05, (len(full), 3))
        moved.wrap()
        fit = match(bare, moved)
        assert not isinstance(fit, str), fit
        assert fit.extra == (int(np.flatnonzero(order == li)[0]),)
        assert fit.largest_move_A < 0.3
        assert fit.nearest_A == pytest.approx(
            full.get_distances(li, [k for k in range(len(full)) if k != li], mic=True).min(),
            abs=0.4,
        )


def test_tells_isomers_apart():
    cis, trans = (build(f"Co-N2C2({w})@graphene").to_atoms() for w in ("cis5", "trans"))
    with_li = build("Co-N2C2(trans)@graphene", "Li").to_atoms()
    assert not isinstance(match(trans, with_li), str)
    assert "away" in match(cis, with_li)


def test_another_cell_is_named(bare, full):
    wide = full.copy()
    wide.set_cell(wide.cell * 1.1, scale_atoms=True)
    assert "another cell" in match(bare, wide)
    slight = full.copy()
    slight.set_cell(slight.cell * [[1.01], [0.995], [1.0]], scale_atoms=True)
    assert match(bare, slight).cell_change == pytest.approx(0.01, abs=1e-3)
    free = full.copy()
    free.pbc = False
    assert "periodic" in match(bare, free)


def test_adsorbate_that_fell_apart():
    whole = Atoms(
        "O2H", positions=[[0, 0, 0], [0, 0, 1.35], [0, 0.9, 1.6]], cell=[12] * 3, pbc=True
    )
    assert intact(whole, (0, 1, 2))
    broken = whole.copy()
    broken.positions[0, 2] = -2.0
    assert not intact(broken, (0, 1, 2))
    assert intact(broken, (0,))
