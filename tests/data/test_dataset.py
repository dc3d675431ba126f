import numpy as np
import pytest

from sacml.data import COLUMNS, Dataset, Record, load_dataset
from sacml.domain import Site
from sacml.errors import MixedReferenceError, SacmlError, UnknownNameError


def record(ident, value=1.0, **changes):
    given = {"site": Site.parse("Co-N4@graphene"), "alkali": "Li", "target": "cycle_life"}
    return Record(ident, value=value, **(given | changes))


def energy(ident, reference="atom", level="PBE", value=-1.0):
    return record(ident, value, target="binding_energy", reference=reference, level_of_theory=level)


def test_the_same_id_twice_is_refused():
    with pytest.raises(SacmlError, match="'a'"):
        Dataset("d", (record("a"), record("a")))


def test_select_meets_every_criterion():
    data = Dataset("d", (record("a"), record("b", alkali="Na"), energy("c")))
    assert [r.record_id for r in data.select(target="cycle_life", alkali="Na")] == ["b"]
    assert len(data.select(alkali=("Li", "Na"))) == 3
    assert len(data.select(site="Co-N4@graphene", reference=None)) == 2
    assert len(data.select(site=Site.parse("Fe-N4@graphene"))) == 0


def test_an_unknown_criterion_names_the_nearest():
    with pytest.raises(UnknownNameError, match="alkali"):
        Dataset("d", ()).select(alkalli="Li")


def test_pooled_values_must_be_comparable():
    assert Dataset("d", (energy("a"), energy("b", value=-2))).values() == [-1.0, -2.0]
    with pytest.raises(MixedReferenceError, match="atom, ion"):
        Dataset("d", (energy("a"), energy("b", "ion"))).values()
    with pytest.raises(MixedReferenceError, match="levels of theory"):
        Dataset("d", (energy("a"), energy("b", level="PBE+U"))).values()
    with pytest.raises(SacmlError, match="several targets"):
        Dataset("d", (energy("a"), record("b"))).values()


def test_the_frame_has_canonical_columns_and_types():
    frame = load_dataset("literature").frame()
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == len(load_dataset("literature"))
    assert frame["value"].dtype == np.float64
    assert frame["current_density_mA_cm2"].dtype == np.float64
    assert frame["current_density_mA_cm2"].isna().any()
    assert frame["is_control"].dtype == bool
    assert str(frame["year"].dtype) == "Int64"


def test_an_empty_dataset_has_an_empty_frame():
    assert Dataset("d", ()).frame().shape == (0, len(COLUMNS))
