import numpy as np
import pytest

from sacml.design import Objective, Space, default_objectives, rank
from sacml.design.objectives import stability
from sacml.design.objectives.lookup import Lookup
from sacml.design.search.scoring import PROBE_ROWS
from sacml.errors import DesignError

LABELS = (("Fe-N4@graphene", -2.0), ("Zn-N2O2@graphene", 1.0), ("Pt-N4@mof", -9.0))


@pytest.fixture
def labelled():
    return Objective(
        name="stability", kind="label", quantity="metal_stability", direction="low", low=-0.5,
        high=0.5, unit="eV", gap="middle", labels=LABELS,
    )  # fmt: skip


def test_without_labels_the_objective_is_not_available_and_said(
    small_space, surrogates, known, monkeypatch
):
    monkeypatch.setattr(stability, "stability_labels", lambda: ())
    assert "stability" not in [o.name for o in default_objectives("Li", surrogates)]
    found = rank(small_space, surrogates, known=known)
    assert stability.NOT_AVAILABLE in found.notes
    # who names the objectives does not ask for it
    mine = rank(small_space, surrogates, default_objectives("Li", ["cycle_life"]), known=known)
    assert stability.NOT_AVAILABLE not in mine.notes


def test_labels_or_a_model_bring_it_in(surrogates, monkeypatch):
    monkeypatch.setattr(stability, "stability_labels", lambda: LABELS)
    (found,) = [o for o in default_objectives("Li", surrogates) if o.name == "stability"]
    assert (found.kind, found.labels, found.gap, found.unit) == ("label", LABELS, "mean", "eV")
    assert "own labels of 3 sites" in found.source
    with_model = default_objectives("Li", [*surrogates, "metal_stability"])
    (found,) = [o for o in with_model if o.name == "stability"]
    assert (found.kind, found.labels) == ("target", ())


def test_labels_count_for_their_sites_and_the_others_stand_in_the_middle(labelled, small_space):
    table = small_space.rows(np.arange(small_space.size()))
    lookup = Lookup.of(labelled, table)
    got = {str(table.site(i)): (v, d) for i, (v, d) in enumerate(
        zip(lookup.values(table), lookup.desirability(table), strict=True))}  # fmt: skip
    assert got["Fe-N4@graphene"] == (-2.0, 1.0)
    # a label without an isomer is that of each isomer; 1 eV above the bulk is the worst there is
    assert got["Zn-N2O2(trans)@graphene"] == (1.0, pytest.approx(labelled.floor))
    others = [x for s, x in got.items() if s not in ("Fe-N4@graphene", "Zn-N2O2(trans)@graphene")]
    assert len(others) == len(got) - 2
    assert all(np.isnan(v) for v, _ in others)
    assert {round(d, 9) for _, d in others} == {round(0.5 + labelled.floor / 2, 9)}


def test_without_a_label_a_site_may_count_as_the_mean_of_the_labels(labelled):
    fair = labelled.replace(gap="mean")
    held, gap = fair.of_elements([-2.0, np.nan])
    assert held == 1.0
    # of the three labels two are as good as can be and one as bad: 2/3 between floor and 1
    assert gap == pytest.approx(fair.floor + (1 - fair.floor) * 2 / 3)
    # where every label is as good as can be, to be computed is no advantage
    good = labelled.replace(gap="mean", labels=LABELS[::2])
    assert good.of_elements([-2.0, np.nan]).tolist() == [1.0, 1.0]


def test_what_was_computed_is_not_preferred_for_that(small_space, surrogates, objectives, known):
    """The bundled labels are all favourable: they must not lift their sites over the others."""
    labels = (("Fe-N4@graphene", -2.0), ("Co-N4@graphene", -1.5))
    one = Objective(
        name="stability", kind="label", quantity="metal_stability", direction="low", low=-0.5,
        high=0.5, unit="eV", gap="mean", labels=labels,
    )  # fmt: skip
    with_it = rank(small_space, surrogates, (*objectives, one), known=known, keep=20)
    without = rank(small_space, surrogates, objectives, known=known, keep=20)
    assert [str(p.candidate) for p in with_it] == [str(p.candidate) for p in without]


def test_a_ranking_says_who_has_no_label(labelled, small_space, surrogates, objectives, known):
    found = rank(small_space, surrogates, (*objectives, labelled), known=known, keep=300,
                 per_metal=99)  # fmt: skip
    by_text = {str(p.candidate.site): p for p in found}
    iron = by_text["Fe-N4@graphene"]
    assert iron.facts["metal_stability"] == -2.0
    assert any("Helped by stability: -2 eV" in s for s in iron.why)
    labelled_sites = {"Fe-N4@graphene", "Zn-N2O2(trans)@graphene"}
    others = [p for text, p in by_text.items() if text not in labelled_sites]
    assert others
    for p in others:
        assert p.facts["metal_stability"] is None
        assert "stability: no label of this site, scored as the middle." in p.uncertain
    assert "stability rests on labels of 3 sites; the others count as the middle." in found.notes


def test_one_label_counts_in_a_large_space(surrogates, objectives, known):
    space = Space.default(constraints={"reach": "any"}, centres=["single"])
    assert space.size() > 2 * PROBE_ROWS
    one = Objective(
        name="stability", kind="label", quantity="metal_stability", direction="low", low=-0.5,
        high=0.5, unit="eV", gap="middle", weight=9.0, labels=(("Fe-N4@graphene", -2.0),),
    )  # fmt: skip
    found = rank(space, surrogates, (*objectives, one), known=known, keep=1)
    assert "stability" not in found.not_discriminating
    assert str(found[0].candidate.site) == "Fe-N4@graphene"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"labels": ()}, "needs some"),
        ({"kind": "target"}, "labels belong to"),
        ({"unit": "mV"}, "it is kept in 'eV'"),
        ({"kind": "element", "labels": (), "gap": "mean"}, "write 'worst' or 'middle'"),
    ],
)
def test_wrong_label_objectives_are_named(labelled, settings, words):
    with pytest.raises(DesignError, match="objective cannot be used") as error:
        labelled.replace(**settings)
    assert words in str(error.value)


def test_bundled_labels_are_read(tmp_path, monkeypatch):
    path = tmp_path / "stability.csv"
    path.write_text("site,metal_stability_eV\nFe-N4@graphene,-1.25\nMn-N4@graphene,\n")
    monkeypatch.setattr(stability, "dataset_path", lambda *parts: path)
    stability.stability_labels.cache_clear()
    assert stability.stability_labels() == (("Fe-N4@graphene", -1.25),)
    stability.stability_labels.cache_clear()
