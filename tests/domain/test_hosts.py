import re

import pytest

from sacml.domain import Shell, Site, element, host_types
from sacml.domain.hosts import Host, host_type
from sacml.errors import SacmlError


@pytest.mark.parametrize("kind", host_types().values(), ids=lambda k: k.name)
def test_vocabulary_entries_hold_together(kind):
    for symbol in kind.anchors:
        element(symbol)
    if kind.formula:
        for symbol in re.findall(r"[A-Z][a-z]?", kind.formula):
            element(symbol)
    for text in kind.shells:
        shell = Shell.parse(text)
        assert shell.size in kind.single
        assert {s for s, _ in shell.counts} <= set(kind.anchors)
    assert kind.holds_sites == bool(kind.shells), "a host that holds sites needs common shells"


def test_aliases_are_unique_and_lead_to_their_host():
    seen = {}
    for kind in host_types().values():
        for alias in (kind.name, *kind.aliases):
            assert seen.setdefault(alias.lower(), kind.name) == kind.name
            assert host_type(alias) is kind


def test_the_first_part_of_a_junction_carries_the_site():
    assert Site.parse("Pt-?@in2s3|ti3c2").host.type.name == "in2s3"
    assert Host.parse("in2s3|ti3c2(T=O)").name == "in2s3|ti3c2"


@pytest.mark.parametrize(
    "text", ["", "graphene||ti3c2", "graphene(v=)", "cnt(10)", "mos2(v=S,v=S)"]
)
def test_unreadable_hosts_are_refused(text):
    with pytest.raises(SacmlError):
        Host.parse(text)
