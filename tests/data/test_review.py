import pytest

from sacml.data import load_dataset, read_site, system_named, systems
from sacml.domain import ALKALI, Site
from sacml.errors import SacmlError

# every system that the brief of the project names
NAMED = {
    "Li": (
        "SAFe/CVRCS@3DPC", "Zn-MXene", "ZnSAs", "CC@CN-SACo", "FeSA-N-C", "SAZr@NG", "SAMn@NG",
        "SANi-NG", "Ni on ordered mesoporous N-doped carbon", "Co-N/O", "sp2c-COF-Co",
        "SACo/ADFS@HPSC", "Pt SAs/In2S3/Ti3C2", "SAFe@NC", "SANi@NC", "SAFeNi@LNCP",
    ),
    "Na": ("ZnSA-HCNT", "ZnSA-N-C", "Zn-HC", "CoSA@NC"),
    "K": ("SA-Co@HC",),
}  # fmt: skip


def test_every_system_of_the_review_is_there():
    found = {(s.name, s.alkali) for s in systems() if not s.is_control}
    assert found == {(name, alkali) for alkali, names in NAMED.items() for name in names}


def test_every_system_parses_to_a_candidate():
    for s in systems():
        assert s.alkali in ALKALI
        assert Site.parse(str(s.site)) == s.site
        assert s.candidate.alkali == s.alkali
        assert bool(s.site.metals) != s.is_control
        assert s.idealised
    assert len({s.name for s in systems()}) == len(systems())


def test_every_metal_site_stands_for_known_shells():
    for s in systems():
        if s.site.metals:
            assert all(site.shell.is_known for site in s.site.resolved())


def test_controls_name_their_system():
    names = {s.name for s in systems() if not s.is_control}
    for s in systems():
        assert (s.control_of in names) if s.is_control else s.control_of == ""


def test_printed_values_are_records():
    records = load_dataset("literature").records
    for s in systems():
        if s.prints_values:
            mine = [r for r in records if (r.source_group, r.site, r.alkali)
                    == (s.source_group, s.site, s.alkali)]  # fmt: skip
            assert mine, s.name
            assert {r.is_sac for r in mine} == {not s.is_control}


def test_every_name_and_alias_is_read_as_its_site():
    for s in systems():
        for name in (s.name, *s.aliases):
            assert read_site(name) == s.site
            assert system_named(name.upper().replace(" ", "")).site == s.site
            with pytest.raises(SacmlError):
                Site.parse(name)  # else the name would shadow a site in line notation


def test_line_notation_stays_line_notation():
    assert read_site("Co-N4@graphene") == Site.parse("Co-N4@graphene")
    assert system_named("Co-N4@graphene") is None


def test_a_wrong_name_gets_the_nearest_and_what_a_site_looks_like():
    with pytest.raises(SacmlError, match=r"METAL-SHELL@HOST.*did you mean the review's 'ZnSA-N-C'"):
        read_site("ZnSA-N-D")
    with pytest.raises(SacmlError) as caught:
        read_site("nothing like it")
    assert "did you mean" not in str(caught.value)
