import numpy as np
import pytest

from sacml.domain import METALS
from sacml.labels import LabelError
from sacml.labels.metals import ALKALI_LATTICE_A, bulk_metal

REFUSED = {"Ga", "Te"}  # ASE's table lacks their inner coordinates


@pytest.mark.parametrize("symbol", [m for m in (*METALS, *ALKALI_LATTICE_A) if m not in REFUSED])
def test_every_metal_has_a_crystal_that_scales(symbol):
    atoms = bulk_metal(symbol)
    assert set(atoms.symbols) == {symbol}
    assert all(atoms.pbc)
    wide = bulk_metal(symbol, 1.1 * atoms.info["lattice_A"])
    assert wide.get_volume() == pytest.approx(1.1**3 * atoms.get_volume())
    assert wide.get_scaled_positions() == pytest.approx(atoms.get_scaled_positions())
    # no two atoms of a metal come nearer than 2 A, nor does a metal fill space more thinly than Ba
    distances = (atoms * (3, 3, 3)).get_all_distances(mic=True)
    assert distances[distances > 0].min() > 2.0
    assert atoms.get_volume() / len(atoms) < 110


@pytest.mark.parametrize("symbol", sorted(REFUSED))
def test_metals_without_a_known_crystal_are_named(symbol):
    with pytest.raises(LabelError, match=f"bulk {symbol}"):
        bulk_metal(symbol)


def test_moments_are_those_of_the_order():
    for symbol in ("Fe", "Co", "Ni"):
        assert (bulk_metal(symbol).get_initial_magnetic_moments() > 0).all()
    for symbol in ("Mn", "Cr"):
        moments = bulk_metal(symbol).get_initial_magnetic_moments()
        assert moments.sum() == 0
        assert np.abs(moments).min() > 1
    assert not bulk_metal("Cu").get_initial_magnetic_moments().any()


def test_two_sublattices_are_the_cubic_lattice():
    nearest = {"Cr": np.sqrt(3) / 2, "Mn": 1 / np.sqrt(2)}  # bcc, fcc
    neighbours = {"Cr": 8, "Mn": 12}
    for symbol, part in nearest.items():
        atoms = bulk_metal(symbol)
        lattice = atoms.info["lattice_A"]
        distances = (atoms * (5, 5, 5)).get_distances(60, range(250), mic=True)
        found = np.isclose(distances, part * lattice, atol=1e-6).sum()
        assert found == neighbours[symbol]
