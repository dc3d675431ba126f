import pytest
from hypothesis import given
from strategies import sites

from sacml.domain import Shell, Site
from sacml.errors import NotationError, SacmlError, UnknownNameError

GRAMMAR = [
    "Co-N4@graphene",
    "Co-N2O2@graphene",
    "Fe+Ni-N6@graphene",
    "Zn-?@hard_carbon",
    "@graphene",
    "vac-N4@graphene",
    "Co-N2C2(trans)@graphene",
    "Co-N2C2(cis5)@graphene",
    "Co-N4(pyrrolic)@graphene",
    "Fe-N4+OH@graphene",
    "Fe-N4+Cl+OH@graphene",
    "Co-N4~S@graphene",
    "Co-N4~S2B@graphene",
    "Zn-N4@graphene(v=single)",
    "Co-?@mos2(v=S)",
    "Zn-C3@ti3c2(v=Ti,T=Cl)",
    "Zn-O3@ti3c2(T=O)",
    "Pt-?@in2s3|ti3c2",
    "Co-N4@cnt(10,0)",
    "Co-N?O?@graphene",
    "Fe-N4@x_my_carbon",
]


@pytest.mark.parametrize("text", GRAMMAR)
def test_canonical_form_reads_back_as_itself(text):
    assert str(Site.parse(text)) == text


@given(sites())
def test_every_site_round_trips_and_never_starts_with_a_dash(site):
    text = str(site)
    assert Site.parse(text) == site
    assert hash(Site.parse(text)) == hash(site)
    assert not text.startswith("-")


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("Ni+Fe-N6@graphene", "Fe+Ni-N6@graphene"),
        ("Co-O2N2@graphene", "Co-N2O2@graphene"),
        ("Co-N3O1@graphene", "Co-N3O@graphene"),
        ("Co-N4(pyridinic)@graphene", "Co-N4@graphene"),
        ("Co-N4(pyridinic)@n_doped_carbon", "Co-N4(pyridinic)@n_doped_carbon"),
        ("Zn-N3@graphene(v=single)", "Zn-N3@graphene"),
        ("Zn-?@MXene", "Zn-?@ti3c2"),
        ("Fe-N4+OH+Cl@graphene", "Fe-N4+Cl+OH@graphene"),
        (" Co-N4@graphene ", "Co-N4@graphene"),
        ("Co-N2C2(trans,pyrrolic)@graphene", "Co-N2C2(trans,pyrrolic)@graphene"),
        ("Co-N2C2(pyrrolic,trans)@graphene", "Co-N2C2(trans,pyrrolic)@graphene"),
    ],
)
def test_equal_sites_have_one_canonical_form(written, canonical):
    assert str(Site.parse(written)) == canonical


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Xx-N4@graphene", "unknown metal 'Xx'"),
        ("Li-N4@graphene", "Li is a metal of the anode, no centre"),
        ("co-n4@graphene", "symbols start with a capital letter"),
        ("Co-N4@grapene", "did you mean 'graphene'"),
        ("Co-N6@graphene", "allowed numbers: 3, 4"),
        ("Fe+Ni-N4@graphene", "two centres; allowed numbers: 5, 6, 7, 8"),
        ("Co-Se4@graphene", "Se cannot be a neighbour there; allowed: N, C, O, S, P, B"),
        ("Co-N4(trans)@graphene", "has no isomers"),
        ("Co-N3O(trans)@graphene", "4 neighbours of which 2 are alike"),
        ("Co-C4(pyrrolic)@graphene", "has no N"),
        ("Co-N2N2@graphene", "stands twice"),
        ("Co-N0@graphene", "counts zero"),
        ("Co-N4@cu_foil", "cannot hold a metal centre"),
        ("Co-N4+XY@graphene", "unknown axial ligand 'XY'"),
        ("Co-N4+OH+OH+OH@graphene", "two faces"),
        ("vac-N4+OH@graphene", "no axial ligand"),
        ("Co-N4@graphene(10,0)", "not a nanotube"),
        ("Co-N4@cnt(5,9)", "0 <= m <= n"),
        ("Co-N4@graphene(v=Ti)", "no vacancy 'Ti'"),
        ("Zn-C3@ti3c2(T=Br)", "no termination 'Br'"),
        ("Fe+Co+Ni-N6@graphene", "at most 2"),
        ("-N4@graphene", "cannot read site"),
        ("Co-N4", "cannot read site"),
        ("", "cannot read site"),
        ("Co-S?O?@mos2", "O cannot be a neighbour"),
    ],
)
def test_a_wrong_site_says_what_is_wrong_and_what_is_allowed(text, says):
    with pytest.raises(SacmlError) as caught:
        Site.parse(text)
    assert says in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_controls_are_told_apart():
    pristine, empty, metal = map(Site.parse, ("@graphene", "vac-N4@graphene", "Co-N4@graphene"))
    assert [s.is_pristine for s in (pristine, empty, metal)] == [True, False, False]
    assert [s.is_empty for s in (pristine, empty, metal)] == [False, True, False]
    assert [s.is_control for s in (pristine, empty, metal)] == [True, True, False]
    assert [s.centre for s in (pristine, empty, metal)] == ["", "vac", "Co"]


def test_an_unknown_shell_stands_for_the_common_shells_of_its_host():
    resolved = Site.parse("Zn-?@hard_carbon").resolved()
    shells = Site.parse("Zn-?@hard_carbon").host.type.shells
    assert tuple(str(s.shell) for s in resolved) == shells
    assert all(s.metals == ("Zn",) for s in resolved)


def test_printed_elements_limit_the_shells_of_a_partly_known_site():
    shells = {str(s) for s in Site.parse("Co-N?O?@graphene").possible_shells()}
    assert shells == {"NO2", "N2O", "NO3", "N2O2", "N3O"}


def test_a_stated_vacancy_limits_what_an_unknown_shell_may_be():
    shells = Site.parse("Zn-?@graphene(v=single)").possible_shells()
    assert [str(s) for s in shells] == ["N3"]


def test_a_known_shell_is_its_own_only_possibility():
    site = Site.parse("Co-N2C2(trans)@graphene")
    assert site.resolved() == (site,)


def test_two_centres_of_unknown_shell_resolve_to_admitted_sizes():
    site = Site.parse("Fe+Ni-?@n_doped_carbon")
    assert {s.shell.size for s in site.resolved()} <= set(site.host.type.dual)
    assert site.resolved()


def test_user_hosts_need_the_prefix():
    assert str(Site.parse("Fe-N4@x_mine").host) == "x_mine"
    with pytest.raises(UnknownNameError, match="starts with 'x_'"):
        Site.parse("Fe-N4@mine")


def test_sites_are_frozen():
    with pytest.raises(AttributeError):
        Site.parse("Co-N4@graphene").metals = ("Fe",)


@pytest.mark.parametrize(
    ("a", "b", "steps"), [("N4", "N4", 0), ("N4", "N3C", 1), ("N4", "N2C2", 2), ("N4", "N3", 1)]
)
def test_shell_distance_counts_substitutions(a, b, steps):
    assert Shell.parse(a).distance(Shell.parse(b)) == steps
    assert Shell.parse(b).distance(Shell.parse(a)) == steps


def test_the_distance_of_an_unknown_shell_is_refused():
    with pytest.raises(NotationError, match="needs both shells known"):
        Shell().distance(Shell.parse("N4"))
