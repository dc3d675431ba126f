import numpy as np
import pytest

from sacml.structures import BuildOptions, StructureError, build, coordination, problems
from sacml.structures.checks import distances


def test_sheet():
    cobalt = build("Co-N4@phthalocyanine")
    assert cobalt.atoms.get_chemical_formula() == "C20H4CoN8"
    assert problems(cobalt) == ()
    assert set(coordination(cobalt)[0]) == set(cobalt.shell)
    names = np.array(cobalt.atoms.get_chemical_symbols())
    bonded = (distances(cobalt.atoms) + 9 * np.eye(len(names))) < 1.65
    assert set(bonded.sum(axis=1)[names == "C"]) == {3}
    assert set(bonded.sum(axis=1)[names == "N"]) == {2}
    assert set(bonded.sum(axis=1)[names == "H"]) == {1}


def test_square_symmetry():
    iron = build("Fe-N4@phthalocyanine")
    lengths = distances(iron.atoms)[iron.centre[0], list(iron.shell)]
    assert np.ptp(lengths) < 1e-6
    # four equatorial Fe-N of FePc(4-cyanopyridine)2, 1.936(2) A (Janczak and Kubiak)
    assert lengths.mean() == pytest.approx(1.936, abs=0.02)
    a, b, _ = iron.atoms.cell.lengths()
    # PBE-D3 "all about 10.7", measured 10.8 A (Nanoscale Adv. 2020, 2, 710)
    assert a == b == pytest.approx(10.7, abs=0.1)
    assert iron.counted


def test_bare_and_empty_hold_no_metal():
    for text in ("@phthalocyanine", "vac-N4@phthalocyanine"):
        assert build(text).atoms.get_chemical_formula() == "C20H4N8"


def test_refusals():
    with pytest.raises(StructureError, match="repeat"):
        build("Fe-N4@phthalocyanine", options=BuildOptions(repeat=(2, 2)))
    with pytest.raises(StructureError, match="second-shell"):
        build("Fe-N4~N1@phthalocyanine")
    with pytest.raises(StructureError, match="pyrrolic"):
        build("Fe-N4(pyridinic)@phthalocyanine")
