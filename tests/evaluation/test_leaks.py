from dataclasses import replace

import pytest
from synthetic import dataset

from sacml.data import training_records
from sacml.data.splits import Fold, Split
from sacml.domain import PRIMARY
from sacml.evaluation import make_splits
from sacml.evaluation.groups import SPLITS
from sacml.evaluation.leaks import count_leaks, find_leaks
from sacml.models.described import Described

RECORDS = list(dataset(n=24).records)
TWIN = replace(RECORDS[0], record_id="twin", source_group="other")


def split(name, train, test):
    return Split(name, (Fold(train, test, "fold"),), 25)


def test_a_duplicate_on_both_sides_is_listed():
    described = Described.of([*RECORDS, TWIN], "cycle_life")
    found = find_leaks(described, split("leave_one_source_out", list(range(24)), [24]))
    kinds = set(found["kind"])
    assert {"same value", "same descriptors", "same site", "same structure"} <= kinds
    assert "same source" not in kinds
    value = found[found["kind"] == "same value"].iloc[0]
    assert (value["record_id"], value["train_record_id"]) == ("twin", RECORDS[0].record_id)
    assert not value["forbidden"]


def test_a_source_on_both_sides_breaks_the_promise():
    described = Described.of(RECORDS, "cycle_life")
    same = replace(RECORDS[1], record_id="again")
    described = Described.of([*RECORDS, same], "cycle_life")
    found = find_leaks(described, split("leave_one_source_out", list(range(24)), [24]))
    assert found.loc[found["kind"] == "same source", "forbidden"].all()
    counts = count_leaks(found, described, split("leave_one_source_out", [0], [24]))
    assert counts.set_index("kind").loc["same source", "n_records"] == 1


@pytest.mark.parametrize("target", PRIMARY)
def test_the_bundled_records_keep_what_the_splits_promise(target):
    described = Described.of(training_records(target).records, target)
    for made in make_splits(described, SPLITS, 0)[0].values():
        found = find_leaks(described, made)
        assert not found["forbidden"].any(), made.name
