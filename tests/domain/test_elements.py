import hashlib
import json
import shutil
import subprocess
import sys

import pytest
from ase.data import atomic_numbers, covalent_radii

from sacml._resources import dataset_path
from sacml.domain import elements as module
from sacml.domain.elements import (
    ALKALI,
    LIGANDS,
    METALS,
    PROPERTIES,
    AlteredTableError,
    MissingPropertyError,
    UnknownElementError,
    column_info,
    element,
    element_property,
    elements,
    load_elements,
    table_digest,
)
from sacml.errors import SacmlError, UnknownNameError

FULL_COLUMNS = (
    "atomic_mass_u",
    "covalent_radius_A",
    "electronegativity_pauling",
    "first_ionization_energy_eV",
    "dipole_polarizability_au",
    "valence_electrons",
    "d_electrons",
    "cohesive_energy_eV",
    "price_usd_per_kg",
)
NUMERIC = [p for p in PROPERTIES if column_info(p).dtype != "str"]


@pytest.fixture
def table_copy(tmp_path):
    for name in ("elements.csv", "schema.json", "elements.sha256"):
        shutil.copy(dataset_path("elements", name), tmp_path)
    return tmp_path


def test_the_d_block_is_complete():
    for first, last in ((21, 30), (39, 48), (72, 80)):
        numbers = {e.atomic_number for e in elements().values() if e.block == "d"}
        assert set(range(first, last + 1)) <= numbers


@pytest.mark.parametrize("group", [METALS, LIGANDS, ALKALI, ("H", "La", "Ce")])
def test_every_listed_symbol_is_in_the_table(group):
    assert all(symbol in elements() for symbol in group)
    assert len(set(group)) == len(group)


def test_an_anode_metal_is_never_a_centre():
    assert not set(ALKALI) & set(METALS)


def test_rows_are_ordered_and_keyed_by_symbol():
    rows = list(elements().values())
    assert [r.atomic_number for r in rows] == sorted(r.atomic_number for r in rows)
    assert all(key == row.symbol for key, row in elements().items())
    assert all(atomic_numbers[row.symbol] == row.atomic_number for row in rows)


@pytest.mark.parametrize("column", FULL_COLUMNS)
def test_the_core_columns_have_no_gap(column):
    assert column_info(column).gaps == 0
    assert all(getattr(e, column) is not None for e in elements().values())


@pytest.mark.parametrize("column", PROPERTIES)
def test_a_column_matches_its_description(column):
    info = column_info(column)
    values = {s: getattr(e, column) for s, e in elements().items()}
    assert tuple(s for s, v in values.items() if v is None) == info.gap_symbols
    present = [v for v in values.values() if v is not None]
    assert {type(v).__name__ for v in present} == {info.dtype}
    if info.range:
        assert all(info.range[0] <= v <= info.range[1] for v in present)
    if info.allowed:
        assert all(v in info.allowed for v in present)
    assert info.source
    assert info.description


def test_the_shells_add_up_to_the_valence_electrons():
    for e in elements().values():
        shells = e.s_electrons + e.p_electrons + e.d_electrons + e.f_electrons
        assert shells == e.valence_electrons
        if e.block == "d":
            assert e.valence_electrons == e.group
        elif e.block == "p":
            assert e.valence_electrons == e.group - 10


def test_the_second_electron_is_harder_to_remove():
    for e in elements().values():
        if e.second_ionization_energy_eV is not None:
            assert e.second_ionization_energy_eV > e.first_ionization_energy_eV


def test_covalent_radii_agree_with_an_independent_copy_of_cordero_2008():
    # ASE holds the paper's values for sp3 C and low-spin Mn, Fe, Co, the table the means
    averaged = {"C": -1, "Mn": 1, "Fe": 1, "Co": 1}
    for e in elements().values():
        theirs = covalent_radii[e.atomic_number]
        if e.symbol in averaged:
            assert 0 < averaged[e.symbol] * (e.covalent_radius_A - theirs) < 0.13
        else:
            assert e.covalent_radius_A == pytest.approx(theirs, abs=1e-6)


def test_one_year_per_price_except_where_the_source_changed():
    undated = [s for s, e in elements().items() if e.price_year is None]
    assert undated == ["Os", "Ir"]


def test_flags_follow_the_annexes():
    assert element("Co").eu_critical_raw_material is True
    assert element("Co").eu_strategic_raw_material is True
    assert element("V").eu_strategic_raw_material is False
    assert element("Zn").eu_critical_raw_material is False
    assert element("Ba").eu_critical_raw_material is None


@pytest.mark.parametrize(
    ("given", "meant"), [("iron", "'Fe'"), ("co", "'Co'"), ("Fee", "'Fe'"), ("Aluminium", "'Al'")]
)
def test_an_unknown_symbol_gets_the_nearest_one(given, meant):
    with pytest.raises(UnknownElementError, match=f"did you mean .*{meant}") as caught:
        element(given)
    assert repr(given) in str(caught.value)
    assert "(allowed: H, Li" in str(caught.value)
    assert isinstance(caught.value, UnknownNameError)
    assert isinstance(caught.value, ValueError)


def test_a_gap_names_element_property_and_source():
    with pytest.raises(MissingPropertyError) as caught:
        element_property("Zn", "electron_affinity_eV")
    message = str(caught.value)
    assert "Zn" in message
    assert "electron_affinity_eV" in message
    assert "CRC Handbook" in message
    assert isinstance(caught.value, SacmlError)
    assert isinstance(caught.value, ValueError)


def test_a_gap_is_none_as_an_attribute():
    assert element("Zn").electron_affinity_eV is None


def test_a_text_is_not_a_number():
    with pytest.raises(MissingPropertyError, match="is a text"):
        element_property("Fe", "name")


def test_an_unknown_property_gets_the_nearest_one():
    with pytest.raises(UnknownNameError, match="did you mean 'covalent_radius_A'"):
        element_property("Fe", "covalent_radius")


@pytest.mark.parametrize("column", NUMERIC)
def test_a_number_is_a_float_or_a_stated_gap(column):
    for symbol in METALS:
        if symbol in column_info(column).gap_symbols:
            with pytest.raises(MissingPropertyError):
                element_property(symbol, column)
        else:
            assert type(element_property(symbol, column)) is float


def test_rows_are_frozen():
    with pytest.raises(AttributeError):
        element("Fe").name = "Eisen"
    with pytest.raises(TypeError):
        elements()["Fe"] = element("Co")


def test_the_lazy_mapping_is_the_table():
    assert module.ELEMENTS is elements()
    with pytest.raises(AttributeError, match="NOTHING"):
        _ = module.NOTHING


def test_an_untouched_copy_loads(table_copy):
    assert load_elements(table_copy) == elements()


def test_an_altered_table_is_refused(table_copy):
    table = table_copy / "elements.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace(",1.83,", ",1.84,", 1), encoding="utf-8")
    assert table.read_text(encoding="utf-8") != text
    found = hashlib.sha256(table.read_bytes()).hexdigest()
    with pytest.raises(AlteredTableError) as caught:
        load_elements(table_copy)
    assert found in str(caught.value)
    assert table_digest() in str(caught.value)
    assert "build.py" in str(caught.value)


def test_foreign_columns_are_refused(table_copy):
    table = table_copy / "elements.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("price_year", "year", 1), "utf-8")
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    (table_copy / "elements.sha256").write_text(digest, encoding="utf-8")
    with pytest.raises(AlteredTableError, match="columns"):
        load_elements(table_copy)


def test_the_digest_is_stated_everywhere():
    assert table_digest() in dataset_path("elements", "elements.sha256").read_text("utf-8")
    assert table_digest() in dataset_path("elements", "README.md").read_text("utf-8")


def test_the_schema_names_the_libraries_it_was_built_with():
    schema = json.loads(dataset_path("elements", "schema.json").read_text("utf-8"))
    assert schema["rows"] == len(elements())
    assert {"mendeleev", "smact"} <= set(schema["built_with"])


def test_importing_reads_no_file_and_no_heavy_library():
    code = (
        "import sys, importlib.util as u, types\n"
        "pkg = types.ModuleType('sacml.domain'); pkg.__path__ = []; import sacml\n"
        "sys.modules['sacml.domain'] = pkg\n"
        f"spec = u.spec_from_file_location('sacml.domain.elements', {module.__file__!r})\n"
        "m = u.module_from_spec(spec); sys.modules[spec.name] = m; spec.loader.exec_module(m)\n"
        "assert m.elements.cache_info().currsize == 0\n"
        "assert not {'numpy', 'pandas', 'ase'} & set(sys.modules), 'heavy import'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
