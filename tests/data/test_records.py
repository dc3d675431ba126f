import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.data import COLUMNS, Record
from sacml.data.records import CONFIDENCES, FIDELITIES
from sacml.domain import BOUNDS, TARGETS, Conditions, Modifier, Site
from sacml.domain.conditions import CELLS, ELECTROLYTES, ROLES
from sacml.errors import NotationError, UnknownNameError

SITES = ("Co-N4@graphene", "Fe+Ni-?@n_doped_carbon", "Zn-?@ti3c2(T=Cl)", "@cu_foil",
         "vac-N4@graphene", "Pt-?@in2s3|ti3c2", "Co-N2C2(cis6)@graphene")  # fmt: skip
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
positive = st.none() | st.floats(1e-6, 999, allow_nan=False)
conditions = st.builds(
    Conditions, positive, positive, st.none() | st.floats(-150, 200),
    st.none() | st.sampled_from(ELECTROLYTES), st.none() | st.sampled_from(CELLS),
    st.none() | st.sampled_from(ROLES),
)  # fmt: skip
modifiers = st.sampled_from(
    (Modifier("single_atom", ("Co",)), Modifier("bare"), Modifier("compound", ("Ti", "O")))
)


@st.composite
def records(draw):
    name = draw(st.sampled_from(sorted(TARGETS)))
    low, high = TARGETS[name].limits
    energy = name == "binding_energy"
    reference = draw(st.sampled_from(("atom", "bulk", "ion", "unstated"))) if energy else None
    if reference == "atom":
        high = 0.0
    ident = draw(texts.map(lambda t: f"id{t}x"))
    return Record(
        ident,
        Site.parse(draw(st.sampled_from(SITES))),
        draw(st.sampled_from(("Li", "Na", "K"))),
        name,
        draw(st.floats(low, high)),
        bound=draw(st.sampled_from(BOUNDS)),
        conditions=draw(conditions),
        reference=reference,
        level_of_theory="PBE" if energy else None,
        fidelity=draw(st.sampled_from(FIDELITIES)),
        modifier=draw(modifiers),
        is_control=draw(st.booleans()),
        control_ids=tuple(draw(st.lists(texts, max_size=2))),
        material=draw(texts),
        source_group=draw(texts),
        citation=draw(texts),
        year=draw(st.none() | st.integers(1900, 2100)),
        confidence=draw(st.sampled_from(CONFIDENCES)),
        derived=draw(st.booleans()),
        not_for_fit=draw(texts),
        notes=draw(texts),
        facts=tuple(draw(st.dictionaries(texts, texts, max_size=3)).items()),
    )


@given(records())
def test_a_record_round_trips_through_text(record):
    row = record.to_dict()
    assert tuple(row) == COLUMNS
    assert all(isinstance(v, str) for v in row.values())
    assert Record.from_dict(row) == record


def make(**changes):
    given = {"record_id": "a", "site": Site.parse("Co-N4@graphene"), "alkali": "Li",
             "target": "cycle_life", "value": 100.0}  # fmt: skip
    return Record(**(given | changes))


def test_the_modifier_comes_from_the_site_where_none_is_stated():
    assert make().modifier == Modifier("single_atom", ("Co",))
    assert make().is_sac
    assert not make(site=Site.parse("@cu_foil")).is_sac
    assert str(make().candidate) == "Co-N4@graphene;Li"


def test_a_stated_class_other_is_kept():
    assert make(modifier=Modifier("other")).modifier == Modifier("other")


def test_a_record_of_another_class_is_no_sac_even_at_a_site():
    assert not make(modifier=Modifier("compound")).is_sac


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"value": -1.0}, "wrong sign"),
        ({"value": 1e9}, "out of range"),
        ({"value": float("nan")}, "out of range"),
        ({"target": "nucleation_overpotential", "value": -20}, "wrong sign"),
        ({"target": "binding_energy", "value": -1}, "needs a reference state"),
        ({"target": "binding_energy", "value": -1, "reference": "atom"}, "level of theory"),
        (
            {"target": "binding_energy", "value": 1.2, "reference": "atom",
             "level_of_theory": "PBE"},
            "printed magnitude",
        ),
        ({"reference": "atom"}, "takes no reference state"),
        ({"year": 20}, "no year"),
        ({"record_id": " a"}, "outer blanks"),
    ],
)  # fmt: skip
def test_impossible_records_are_refused(changes, text):
    with pytest.raises(NotationError, match=text):
        make(**changes)


@pytest.mark.parametrize(
    ("changes", "near"),
    [
        ({"alkali": "Rb"}, "Li"),
        ({"target": "cycle_live"}, "cycle_life"),
        ({"bound": "Lower"}, "lower"),
        ({"fidelity": "dft"}, "dft_own"),
    ],
)
def test_unknown_words_name_what_is_allowed(changes, near):
    with pytest.raises(UnknownNameError, match=near):
        make(**changes)


def test_a_positive_energy_against_the_bulk_is_possible():
    record = make(target="binding_energy", value=0.47, reference="bulk", level_of_theory="PBE")
    assert record.unit == "eV"


def test_from_dict_refuses_another_unit():
    row = make().to_dict() | {"unit": "days"}
    with pytest.raises(NotationError, match="stored in h"):
        Record.from_dict(row)


def test_a_record_is_frozen_and_hashable():
    with pytest.raises(AttributeError):
        make().value = 3.0
    assert len({make(), make()}) == 1
