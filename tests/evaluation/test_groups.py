from dataclasses import replace

import pytest
from synthetic import dataset

from sacml.domain import Modifier, Site
from sacml.errors import UnknownNameError
from sacml.evaluation.groups import exchangeable_groups, make_splits
from sacml.models.described import Described

ALL = ("leave_one_metal_out", "leave_one_source_out", "random")


def test_no_metal_of_a_test_row_is_trained_on():
    records = list(dataset().records)
    dual = Site.parse("Co+Zr-N6@graphene")
    extra = [
        replace(records[0], record_id="dual", site=dual, modifier=Modifier.of_site(dual)),
        replace(records[1], record_id="alloy", modifier=Modifier("alloy", ("Co", "Sn"))),
        replace(records[0], record_id="empty", site=Site.parse("vac-N4@graphene"),
                modifier=Modifier("support")),
    ]  # fmt: skip
    described = Described.of([*records, *extra], "cycle_life")
    split = make_splits(described, ALL[:1], 0)[0]["leave_one_metal_out"]
    ids = [r.record_id for r in described.records]
    for fold in split.folds:
        held = {m for i in fold.test for m in described.records[i].site.metals}
        assert held == set(fold.group.split("+"))
        for i in fold.train:
            record = described.records[i]
            assert held.isdisjoint({*record.site.metals, *record.modifier.active_elements})
        assert all(described.is_sac[i] for i in fold.test)
    groups = {fold.group: {ids[i] for i in fold.train} for fold in split.folds}
    assert "dual" not in groups["Co"]
    assert "alloy" not in groups["Co"]
    assert "alloy" in groups["Fe"]
    assert "empty" in groups["Co"]
    assert "Co+Zr" in groups


def test_no_source_stands_on_both_sides():
    described = Described.of(dataset().records, "cycle_life")
    split = make_splits(described, ALL[1:2], 0)[0]["leave_one_source_out"]
    source = [r.source_group for r in described.records]
    for fold in split.folds:
        assert {source[i] for i in fold.test}.isdisjoint(source[i] for i in fold.train)
    assert sum(len(f.test) for f in split.folds) == len(described)


def test_a_split_that_cannot_be_made_is_reported():
    records = [replace(r, source_group="one") for r in dataset().records]
    described = Described.of(records, "cycle_life")
    made, skipped = make_splits(described, ALL, 0)
    assert set(made) == {"leave_one_metal_out", "random"}
    assert "there is only 'one'" in skipped["leave_one_source_out"]
    with pytest.raises(UnknownNameError, match="leave_one_metal_out"):
        make_splits(described, ["leave_metal_out"], 0)


def test_groups_are_what_is_held_out():
    described = Described.of(dataset().records, "cycle_life")
    made, _ = make_splits(described, ALL, 0)
    sources = exchangeable_groups(described, made["leave_one_source_out"])
    assert sources.tolist() == [r.source_group for r in described.records]
    alone = exchangeable_groups(described, made["random"])
    assert len(set(alone)) == len(described)
