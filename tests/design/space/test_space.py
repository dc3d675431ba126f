import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sacml.design import Space, default_shells, plausible_centres
from sacml.domain import STANDARD, Site, host_type
from sacml.domain.hosts import host_types
from sacml.errors import DesignError

OPEN = {"reach": "any"}
DESIGN_HOSTS = [n for n, k in host_types().items() if k.design]


def sites(space, rows=1000):
    return [
        str(table.site(i)) for table in space.chunks(rows) for i in range(len(table))
    ]  # fmt: skip


spaces = st.builds(
    lambda **kw: Space(constraints=OPEN, **kw),
    alkali=st.sampled_from(["Li", "Na", "K"]),
    metals=st.lists(st.sampled_from(["Fe", "Ni", "Zn", "Mg", "Pt"]), min_size=1, max_size=3),
    centres=st.sampled_from([("single",), ("single", "dual")]),
    hosts=st.lists(
        st.sampled_from(["c2n", "phthalocyanine", "mos2(v=S)", "mos2", "ti3c2(T=O)", "g_c3n4"]),
        min_size=1,
        max_size=3,
    ),
    axial_ligands=st.sampled_from([(), ("OH",), ("OH", "Cl", "OH")]),
)


@settings(max_examples=25, deadline=None)
@given(spaces, st.integers(1, 400))
def test_chunks_enumerate_exactly_size_distinct_valid_candidates(space, rows):
    found = sites(space, rows)
    assert len(found) == space.size()
    assert len(set(found)) == len(found)
    assert all(str(Site.parse(text)) == text for text in found)


@settings(max_examples=25, deadline=None)
@given(spaces)
def test_toml_round_trip(space):
    assert Space.from_toml(space.to_toml()) == space
    assert Space.from_dict(space.to_dict()) == space


@given(spaces, st.lists(st.integers(0, 10**6), max_size=8))
@settings(max_examples=15, deadline=None)
def test_rows_at_positions_are_those_of_the_stream(space, wanted):
    positions = [w % space.size() for w in wanted]
    table = space.rows(positions)
    everything = sites(space)
    assert [str(table.site(i)) for i in range(len(table))] == [everything[p] for p in positions]


def test_default_space_is_wide():
    space = Space.default("Na", constraints=OPEN)
    assert len(space.metals) >= 35
    assert set(space.hosts) == set(DESIGN_HOSTS)
    assert space.size() == space.declared_size() > 50_000
    first = next(space.chunks(10))
    assert first.candidate(0).alkali == "Na"
    assert first.candidate(0).conditions == STANDARD


def test_graphene_holds_every_small_shell_with_its_isomers():
    shells = [str(s) for s in default_shells(host_type("graphene"), 1)]
    # 56 shells of three and 126 of four from six elements; 15 of the latter have three isomers
    assert len(shells) == 56 + 126 + 2 * 15
    assert {"N3", "N4", "N2C2(cis5)", "N2C2(cis6)", "N2C2(trans)", "NCOS"} <= set(shells)
    assert "N2C2" not in shells


def test_dual_shells_are_one_substitution_from_one_element():
    shells = [str(s) for s in default_shells(host_type("graphene"), 2)]
    assert {"N5", "N6", "N5C", "N7O"} <= set(shells)
    assert "N4C2" not in shells
    assert default_shells(host_type("phthalocyanine"), 2) == ()


def test_centres_of_the_default_space_have_no_class_1_hazard():
    assert {"Tc", "Te", "As", "Cd", "Hg", "Pb"}.isdisjoint(plausible_centres())
    assert {"Co", "Zr", "Mn", "Pt", "La", "Ce", "Mg"} <= set(plausible_centres())


def test_equivalent_candidates_appear_once():
    base = {"metals": ["Ni", "Fe", "Ni"], "constraints": OPEN}
    shells = {"graphene": ["N3", "N4(pyridinic)", "N4"], "graphene(v=single)": ["N3"]}
    space = Space.default(hosts=["graphene", "graphene(v=single)"], centres=["single"],
                          single_shells=shells, **base)  # fmt: skip
    assert sorted(sites(space)) == [
        "Fe-N3@graphene", "Fe-N4@graphene", "Ni-N3@graphene", "Ni-N4@graphene",
    ]  # fmt: skip
    dual = Space.default(hosts=["c2n"], centres=["dual"], dual_shells={"c2n": ["N6"]}, **base)
    assert sites(dual) == ["Fe+Fe-N6@c2n", "Fe+Ni-N6@c2n", "Ni+Ni-N6@c2n"]


def test_surroundings_only_where_the_host_admits_them():
    space = Space.default(
        metals=["Fe"], centres=["single"], hosts=["graphene", "c2n"], axial_ligands=["OH"],
        second_shell=["S1"], constraints=OPEN, single_shells={"graphene": ["N4"], "c2n": ["N6"]},
    )  # fmt: skip
    assert sites(space) == [
        "Fe-N4@graphene", "Fe-N4~S@graphene", "Fe-N4+OH@graphene", "Fe-N4+OH~S@graphene",
        "Fe-N6@c2n", "Fe-N6+OH@c2n",
    ]  # fmt: skip


def test_order_does_not_depend_on_the_chunk():
    space = Space.default(hosts=["c2n", "g_c3n4"], metals=["Fe", "Zn", "Cu"], constraints=OPEN)
    assert sites(space, 7) == sites(space, 10_000)


def test_size_needs_no_enumeration():
    ligands = ["OH", "O", "H", "F", "Cl", "Br", "N", "NH3", "CN", "CO", "S", "H2O", "O2", "I"]
    dopants = [f"{e}{n}" for e in "NOSPB" for n in range(1, 9)]
    space = Space.default(axial_ligands=ligands, second_shell=dopants, constraints=OPEN)
    assert space.size() > 10**7
    assert len(next(space.chunks(5))) == 5
    assert space.memory_estimate(chunk=1000) < space.memory_estimate(chunk=50_000) < 1e9


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"metals": ["Fee"]}, "unknown metal 'Fee'; did you mean 'Fe'"),
        ({"metals": []}, "the list is empty"),
        ({"hosts": ["grafene"]}, "did you mean 'graphene'"),
        ({"hosts": ["cu_foil"]}, "cannot hold a metal centre"),
        ({"hosts": ["c2n"], "single_shells": {"c2n": ["S4"]}}, "impossible shell 'S4'"),
        ({"single_shells": {"graphene": ["?"]}}, "needs every neighbour"),
        ({"single_shells": {"mof": ["N4"]}}, "not among hosts"),
        ({"axial_ligands": ["XX"]}, "unknown axial ligand 'XX'"),
        ({"second_shell": ["Cl1"], "hosts": ["graphene"]}, "no host of this space admits"),
        ({"second_shell": ["C1"], "hosts": ["graphene"]}, "no host of this space admits"),
        ({"alkali": "Rb"}, "unknown alkali 'Rb'"),
        ({"metal": ["Fe"]}, "metal: there is no such setting"),
        # no data carry it, so it is no design variable
        ({"loading": [1, 2]}, "loading: there is no such setting"),
        ({"centres": ["triple"]}, "triple"),
        ({"conditions": "x=3"}, "unknown condition 'x'"),
        ({"alkali": "Rb", "metals": ["Fee"]}, "metals: unknown metal"),
    ],
)
def test_wrong_settings_are_named(settings, words):
    with pytest.raises(DesignError, match="cannot") as error:
        Space(**{"alkali": "Li", "constraints": OPEN, **settings}).size()
    assert words in str(error.value)


def test_alkali_is_always_asked_for():
    with pytest.raises(DesignError, match="alkali"):
        Space()


def test_broken_toml_and_files(tmp_path):
    with pytest.raises(DesignError, match="not valid TOML"):
        Space.from_toml("alkali = ")
    path = tmp_path / "space.toml"
    path.write_text('alkali = "K"\nmetals = ["Fe"]\n[constraints]\nreach = "any"\n')
    assert Space.from_toml(path).constraints.reach is None


def test_space_cannot_be_changed():
    space = Space.default(constraints=OPEN)
    with pytest.raises(ValueError, match="frozen"):
        space.alkali = "K"
    assert space.replace(alkali="K").alkali == "K"


def test_bad_chunks_and_positions():
    space = Space.default(metals=["Fe"], hosts=["phthalocyanine"], constraints=OPEN)
    with pytest.raises(DesignError, match="1 or more"):
        next(space.chunks(0))
    with pytest.raises(DesignError, match="positions lie between 0 and 0"):
        space.rows(np.array([1]))
