import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.data.importers.calculations_level import FIELDS, Level
from sacml.errors import SacmlError

TEXT = "code=VASP;functional=PBE;u=Fe:4,Ni:3.5;dispersion=D3;cutoff=520 eV;kpoints=3x3x1"


def test_text_form_round_trips():
    level = Level.parse(TEXT)
    assert str(level) == TEXT
    assert not level.missing
    assert Level.parse("functional=PBE").missing == tuple(f for f in FIELDS if f != "functional")


levels = st.builds(
    Level,
    code=st.sampled_from(["VASP", "GPAW PW", None]),
    functional=st.sampled_from(["PBE", "RPBE", None]),
    u=st.none()
    | st.just("none")
    | st.just("on")
    | st.dictionaries(
        st.sampled_from(["Fe", "Co", "Ni"]), st.floats(0.1, 9).map(lambda x: f"{x:.2f}"), min_size=1
    ),
    dispersion=st.sampled_from(["none", "D2", "D3", "d3bj", "12", "TS", None]),
    cutoff=st.none() | st.floats(100, 900).map(lambda x: f"{x:.1f}"),
    kpoints=st.none() | st.tuples(*[st.integers(1, 9)] * 3),
)


@given(levels)
def test_any_level_round_trips_through_text(level):
    assert Level.parse(str(level)) == level


@pytest.mark.parametrize(
    ("field", "given_text", "normal"),
    [
        ("u", "F", "none"),
        ("u", "T", "on"),
        ("u", "Ni=3.50,Fe:0", "Ni:3.5"),
        ("dispersion", "none(LVDW=T)", "D2"),
        ("dispersion", "1", "D2"),
        ("dispersion", "12", "D3(BJ)"),
        ("dispersion", "-", None),
        ("cutoff", "520", "520 eV"),
        ("cutoff", "10 Ry", "136.06 eV"),
        ("cutoff", "h=0.18 A", "h=0.18 A"),
        ("kpoints", "gamma", "1x1x1"),
        ("kpoints", "[3 3 1]", "3x3x1"),
        ("kpoints", "2 x 2 x 1 Gamma-centred", "2x2x1 Gamma-centred"),
        ("kpoints", "25", "25"),
    ],
)
def test_spellings(field, given_text, normal):
    assert getattr(Level(**{field: given_text}), field) == normal


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PBE", "write field=value"),
        ("xc=PBE", "unknown field"),
        ("code=VASP;code=GPAW", "twice"),
        ("u=4", "write none, or values in eV"),
        ("u=Xx:4", "no element"),
    ],
)
def test_bad_text_says_what_to_write(text, said):
    with pytest.raises(SacmlError, match=said):
        Level.parse(text)


def test_differences_name_the_setting_and_both_values():
    plain = Level.parse(TEXT.replace("Fe:4,Ni:3.5", "none"))
    level = Level.parse(TEXT)
    assert level.differences(level, ["Fe", "C"]) == ()
    assert level.differences(plain, ["Fe", "C"]) == ("+U differs (Fe:4 and none)",)
    # Ni is not in the structure, so its U does not matter
    assert Level(u="Ni:3").differences(Level(u="none"), ["Fe", "C"]) == ()
    assert "values not written" in Level(u="on").differences(plain, ["C"])[0]
    other = Level.parse(TEXT.replace("3x3x1", "1x1x1").replace("520", "400"))
    assert level.differences(other, ["C"]) == (
        "cutoff differs (520 eV and 400 eV)",
        "k-points differs (3x3x1 and 1x1x1)",
    )
    assert len(level.differences(other, ["C"], kpoints=False)) == 1


def test_potentials_are_compared_for_common_elements_only():
    a = Level(potentials=(("Cr", "Cr_pv"), ("Li", "Li")))
    b = Level(potentials=(("Cr", "Cr_pv"), ("Li", "Li_sv")))
    assert a.differences(b, ["Cr", "C"]) == ()
    assert a.differences(b, ["Li"]) == ("potential of Li differs (Li and Li_sv)",)


def test_statements_fill_gaps_and_never_overrule():
    written = Level(functional="PBE", u="none")
    level, against = written.filled(Level.parse("functional=rpbe;cutoff=400"))
    assert (level.functional, level.cutoff) == ("PBE", "400 eV")
    assert against == ("functional PBE is written, rpbe was stated",)
    assert written.filled(Level(functional="pbe"))[1] == ()
