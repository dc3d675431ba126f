from dataclasses import replace

import numpy as np
import pytest

from sacml.domain.elements import column_info
from sacml.features import FEATURE_NAMES, FEATURES, Feature, feature_table, schema_digest
from sacml.features.feature import PREFIXES, Block


def test_names_are_unique_and_say_their_group():
    assert len(set(FEATURE_NAMES)) == len(FEATURE_NAMES)
    for f in FEATURES:
        assert f.name.startswith(PREFIXES[f.group])
        assert f.definition
        assert f.source
    assert {f.group for f in FEATURES} == set(PREFIXES)


def test_masks_are_named_as_masks():
    for f in FEATURES:
        assert (f.kind == "mask") == f.name.endswith(("_known", "_applicable")), f.name
        if f.kind != "value":
            assert f.unit == "1"


def test_units_are_those_of_the_element_table():
    checked = 0
    for f in FEATURES:
        if f.source.startswith("element table: "):
            assert f.unit == (column_info(f.source.removeprefix("element table: ")).unit or "1")
            checked += 1
    assert checked > 30


def test_the_mask_that_a_definition_names_exists():
    for f in FEATURES:
        for word in f.definition.replace(";", " ").replace(",", " ").split():
            if word.endswith(("_known", "_applicable")):
                assert word in FEATURE_NAMES, f.name


def test_digest_changes_with_a_definition_an_order_and_the_element_table():
    digest = schema_digest()
    assert digest == schema_digest()
    assert len(digest) == 64
    changed = (replace(FEATURES[0], definition="something else"), *FEATURES[1:])
    unit = (replace(FEATURES[0], unit="eV"), *FEATURES[1:])
    others = {
        schema_digest(changed), schema_digest(unit), schema_digest(FEATURES[::-1]),
        schema_digest(elements="0" * 64), digest,
    }  # fmt: skip
    assert len(others) == 5


def test_table_of_features():
    table = feature_table()
    assert list(table.columns) == ["name", "unit", "group", "kind", "definition", "source"]
    assert table["name"].tolist() == list(FEATURE_NAMES)


def test_a_feature_named_outside_its_group_is_refused():
    with pytest.raises(ValueError, match="starts otherwise"):
        Feature("radius", "1", "metal", "value", "words", "source")


def test_a_value_that_is_not_finite_is_refused():
    block = Block((FEATURES[0],), lambda _: {FEATURES[0].name: np.nan})
    with pytest.raises(ArithmeticError, match=FEATURES[0].name):
        block.matrix(["Co"])
