import numpy as np
import pytest

from sacml.domain.elements import METALS, element_property
from sacml.uncertainty.nearness import PROPERTIES, metal_limit, nearest_metal

SERIES = ("Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Zr", "Pd")


def test_the_nearest_metal_by_hand():
    # two metals differ by exactly two deviations in everything that differs
    name, distance = nearest_metal("Fe", ("Fe", "Ba"))
    assert (name, distance) == ("Fe", 0)
    name, distance = nearest_metal("Ba", ("Fe", "Co"))
    table = np.array([[element_property(m, p) for p in PROPERTIES] for m in ("Fe", "Co", "Ba")])
    scale = table[:2].std(axis=0)
    table = table[:, scale > 0] / scale[scale > 0]
    expected = min(np.sqrt(((table[i] - table[2]) ** 2).mean()) for i in (0, 1))
    assert distance == pytest.approx(expected)


def test_what_is_near_is_chemistry():
    assert nearest_metal("Rh", SERIES)[0] == "Pd"
    assert nearest_metal("Hf", SERIES)[0] == "Zr"
    limit = metal_limit(SERIES, 0.9)
    near = {m for m in METALS if m not in SERIES and nearest_metal(m, SERIES)[1] <= limit}
    assert {"Rh", "Nb"} <= near
    assert not near & {"Ba", "Hg"}


def test_the_limit_is_the_conformal_quantile_of_what_the_trained_metals_have():
    own = sorted(nearest_metal(m, tuple(x for x in SERIES if x != m))[1] for m in SERIES)
    assert metal_limit(SERIES, 0.9) == own[11]  # of thirteen weights, 11.7
    assert metal_limit(SERIES, 0.8) == own[10]


@pytest.mark.parametrize("n", [0, 1, 2, 8])
def test_too_few_metals_say_nothing(n):
    assert metal_limit(SERIES[:n], 0.9) == np.inf


def test_every_metal_can_be_placed():
    for metal in METALS:
        assert np.isfinite(nearest_metal(metal, SERIES)[1])
        assert nearest_metal(metal, (metal,)) == (metal, 0)
