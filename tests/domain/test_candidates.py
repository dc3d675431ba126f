import pytest
from hypothesis import given
from strategies import candidates

from sacml.domain import Candidate, Modifier, Site
from sacml.errors import SacmlError


@given(candidates)
def test_candidates_round_trip_through_text(candidate):
    assert Candidate.parse(str(candidate)) == candidate


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Co-N4@graphene", "write SITE;ALKALI"),
        ("Co-N4@graphene;Rb", "unknown alkali 'Rb'"),
        ("Co-N4@graphene;Li;j=0", "outside"),
    ],
)
def test_bad_candidates_are_named(text, says):
    with pytest.raises(SacmlError, match=says):
        Candidate.parse(text)


@pytest.mark.parametrize(
    ("site", "kind"),
    [
        ("Co-N4@graphene", "single_atom"),
        ("Fe+Ni-N6@graphene", "dual_atom"),
        ("@graphene", "support"),
        ("vac-N4@graphene", "support"),
        ("@cu_foil", "bare"),
    ],
)
def test_a_site_tells_its_modifier_class(site, kind):
    modifier = Modifier.of_site(Site.parse(site))
    assert modifier.modifier_class == kind
    assert modifier.active_elements == Site.parse(site).metals
    assert modifier.is_site == (kind in ("single_atom", "dual_atom"))


def test_modifiers_are_validated():
    assert Modifier("alloy", ("Sn", "Li", "Sn")).active_elements == ("Li", "Sn")
    with pytest.raises(SacmlError, match="unknown modifier class"):
        Modifier("magic")
    with pytest.raises(SacmlError, match="unknown element"):
        Modifier("alloy", ("Qq",))
