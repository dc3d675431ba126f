"""The splits besides metal, source and random."""

from dataclasses import replace

import numpy as np
from synthetic import dataset

from sacml.data import training_records
from sacml.domain import Site
from sacml.evaluation import make_splits
from sacml.evaluation.groups import SPLITS, exchangeable_groups, folds_within
from sacml.models.described import Described

RECORDS = [replace(r, year=2015 + i % 8) for i, r in enumerate(dataset(n=96).records)]


def test_a_junction_is_held_out_with_its_hosts():
    sites = {"r0": "Co-?@in2s3|ti3c2", "r1": "Co-?@ti3c2"}
    records = [replace(r, site=Site.parse(sites.get(r.record_id, str(r.site)))) for r in RECORDS]
    described = Described.of(records, "cycle_life")
    split = make_splits(described, ["leave_one_host_out"], 0)[0]["leave_one_host_out"]
    folds = {f.group: f for f in split.folds}
    assert set(folds) == {r.site.host.name for r in records}
    assert 0 not in folds["ti3c2"].train
    assert 1 not in folds["in2s3|ti3c2"].train
    assert 0 in folds["graphene"].train


def test_three_alkali_metals_are_three_folds():
    described = Described.of(RECORDS, "cycle_life")
    split = make_splits(described, ["leave_one_alkali_out"], 0)[0]["leave_one_alkali_out"]
    assert [f.group for f in split.folds] == ["Li", "Na"]
    for fold in split.folds:
        assert {RECORDS[i].alkali for i in fold.test} == {fold.group}
        assert fold.group not in {RECORDS[i].alkali for i in fold.train}


def test_by_year_trains_on_the_past_and_groups_by_paper():
    described = Described.of(RECORDS, "cycle_life")
    split = make_splits(described, ["by_year"], 0)[0]["by_year"]
    for fold in split.folds:
        assert max(RECORDS[i].year for i in fold.train) < int(fold.group)
    groups = exchangeable_groups(described, split)
    assert groups.tolist() == [r.source_group for r in RECORDS]


def test_our_own_calculations_have_no_year_of_a_paper():
    data = training_records("binding_energy")
    described = Described.of(data.records, "binding_energy")
    made, skipped = make_splits(described, SPLITS, 0)
    assert "all records are our own calculations" in skipped["by_year"]
    assert "leave_one_alkali_out" in made


def test_inner_folds_hold_out_what_the_split_holds_out():
    described = Described.of(RECORDS, "cycle_life")
    outer = make_splits(described, ["leave_one_metal_out"], 0)[0]["leave_one_metal_out"].folds[0]
    inner = folds_within(described, "leave_one_metal_out", 5, 0, outer.train)
    assert len(inner) == 5
    for fold in inner:
        assert not set(outer.test) & {*fold.test, *fold.train}
        held = {RECORDS[i].site.centre for i in fold.test}
        assert outer.group not in held
        assert held.isdisjoint(RECORDS[i].site.centre for i in fold.train)
    tested = np.concatenate([f.test for f in inner])
    assert len(tested) == len(set(tested)) == sum(described.is_sac[i] for i in outer.train)
