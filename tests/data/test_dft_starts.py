"""When one start is enough, and what the card says of it."""

import pytest
from dft_scripts import script


@pytest.fixture(scope="module")
def starts():
    return script("build_starts")


def row(site, place, e, alkali="Li", before=0.0, after=0.0):
    return {"site": site, "alkali": alkali, "place": place, "e_atom": e,
            "site_metal_height_A": before, "metal_height_A": after,
            "geometry_converged": True, "shell_kept": True}  # fmt: skip


def pair(metal, ring6=-1.5, ring5=-1.3, **heights):
    site = f"{metal}-N4@graphene"
    return [row(site, "ring6", ring6, **heights), row(site, "ring5", ring5, **heights)]


def test_hits_and_misses_of_planar_sites_are_counted(starts):
    found = starts.evidence([pair("V"), pair("Ni"), pair("Fe", ring6=-1.0)])
    assert (found.trials, found.hits, found.groups) == (3, 2, (5, 10))
    assert not found.holds
    assert starts.evidence([pair("V"), pair("Ni")]).holds


def test_a_start_that_loses_the_metal_counts_in_no_comparison(starts):
    lost = row("Ni-N4@graphene", "top", -2.0) | {"shell_kept": False}
    # on the way there, not converged, begun at the same place; another place is not touched by it
    leading = row("Ni-N4@graphene", "top", -1.9) | {"geometry_converged": False}
    unfinished = row("Ni-N4@graphene", "ring5", -1.4) | {"geometry_converged": False}
    kept = row("Ni-N4@graphene", "ring6", -1.5)
    rows = [lost, leading, unfinished, kept]
    assert starts.usable(rows) == [unfinished, kept]
    assert starts.evidence([rows]).hits == 1
    # as the tables write it
    assert starts.usable([{k: str(v) for k, v in r.items()} for r in rows[:2]]) == []
    assert starts.evidence([[lost]]).trials == 0


def test_a_third_place_below_ring6_is_a_miss(starts):
    lower = row("Ni-N4@graphene", "top", -2.0)
    assert starts.evidence([[*pair("Ni"), lower]]).hits == 0


def test_a_miss_below_the_noise_of_a_label_is_told_but_costs_no_label(starts):
    near = starts.evidence([pair("V"), pair("Cu", ring6=-1.5, ring5=-1.53)])
    assert (near.trials, near.hits) == (2, 2)
    assert near.misses == (("Cu-N4@graphene with Li", "ring5", pytest.approx(0.03)),)
    assert near.holds
    far = starts.evidence([pair("V"), pair("Cu", ring6=-1.5, ring5=-1.56)])
    assert (far.hits, len(far.misses)) == (1, 1)
    assert starts.evidence([pair("V")]).misses == ()


def test_sites_out_of_plane_are_outside_the_rule(starts):
    for heights in ({"before": 0.5}, {"after": -0.6}):
        found = starts.evidence([pair("Ti", **heights)])
        assert (found.trials, len(found.others)) == (0, 1)
    assert starts.evidence([pair("Ti")]).trials == 1


def test_other_shells_are_outside_the_rule(starts):
    found = starts.evidence([[row("Co-C4@graphene", "ring6", -3.2),
                              row("Co-C4@graphene", "ring5", -3.3)]])  # fmt: skip
    assert found.others == (("Co-C4@graphene with Li", "ring5", pytest.approx(-0.1)),)


@pytest.mark.parametrize(
    ("given", "clear", "said"),
    [
        (row("Mn-N4@graphene", "ring6", -1.4), True, "ring6 of planar M-N4 (2 of 2 pairs)"),
        (row("Mn-N4@graphene", "ring5", -1.4), False, "ring5 alone"),
        (row("Mn-N4@graphene", "ring6", -1.4, after=-0.6), False, "planar M-N4 only"),
        (row("Mn-N3@graphene", "ring6", -1.4), False, "planar M-N4 only"),
        (row("Al-N4@graphene", "ring6", -0.8), False, "groups 5 to 10"),
        (row("@graphene", "hollow", -1.1, before=None, after=None), True, "hexagon"),
        (row("vac-N4@graphene", "hollow", -4.7, before=None, after=None), True, "in the pore"),
        (row("vac-N4@graphene", "hollow", -1.2, before=None, after=None), False, "open"),
    ],
)
def test_what_one_start_is_worth(starts, given, clear, said):
    found = starts.evidence([pair("V"), pair("Ni")])
    ok, reason = starts.single_start(given, -1.1, found)
    assert ok is clear
    assert said in reason
    assert reason.startswith("clear minimum" if clear else "open")


def test_the_rule_is_dropped_where_the_data_contradict_it(starts):
    found = starts.evidence([pair("V"), pair("Ni", ring6=-1.0)])
    ok, reason = starts.single_start(row("Mn-N4@graphene", "ring6", -1.4), -1.1, found)
    assert not ok
    assert "1 of 2 pairs only" in reason
