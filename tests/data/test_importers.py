import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sacml.data import load_dataset, read_table
from sacml.domain import Modifier, Site
from sacml.errors import SacmlError, TableError


@pytest.fixture
def table(tmp_path):
    def write(text, name="own.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problems(path):
    with pytest.raises(TableError) as error:
        read_table(path)
    return [(p.row, p.column, p.value, p.problem) for p in error.value.problems]


def test_units_in_headers_are_converted_once(table):
    data = read_table(
        table(
            "site,alkali,nucleation_overpotential_V,cycle_life_days,current_density_A_m2,cell\n"
            "Co-N4@graphene,Li,0.029,,10,half\n"
            "zn-x,Na,,10,,\n".replace("zn-x", "Zn-?@hard_carbon")
        )
    )
    first, second = data.records
    assert (first.target, first.value) == ("nucleation_overpotential", pytest.approx(29.0))
    assert first.conditions.current_density_mA_cm2 == pytest.approx(1.0)
    assert (second.target, second.value, second.alkali) == ("cycle_life", 240.0, "Na")
    assert first.record_id == "line2/nucleation_overpotential"
    assert data.name == "own"
    assert len(data.digest) == 64


def test_units_in_a_column_beside_the_value(table):
    data = read_table(
        table("site,alkali,cycle_life,cycle_life_unit\n@graphene,Li,10,days\n@graphene,K,5,h\n")
    )
    assert [r.value for r in data] == [240.0, 5.0]


def test_the_long_form(table):
    data = read_table(
        table(
            "record_id;site;alkali;target;value;unit;reference;level_of_theory;bound\n"
            "a;Co-N4@graphene;Li;binding_energy;-96.485332;kJ/mol;atom;PBE;\n"
            "a;Co-N4@graphene;Li;cycle_life;10;d;;;lower\n"
            "b;Co-N4@graphene;Li;coulombic_efficiency;0.98;fraction;;;\n"
        )
    )
    values = {r.record_id: r.value for r in data}
    assert values["a/binding_energy"] == pytest.approx(-1.0, rel=1e-6)
    assert values["a/cycle_life"] == 240.0
    assert values["b/coulombic_efficiency"] == pytest.approx(98.0)
    assert data.records[1].bound == "lower"


def test_a_reference_in_the_header(table):
    data = read_table(
        table(
            "site,alkali,binding_energy_atom_eV,binding_energy_bulk_meV,level_of_theory\n"
            "@graphene,Li,-1.1,500,PBE\n"
        )
    )
    assert [(r.reference, round(r.value, 6)) for r in data] == [("atom", -1.1), ("bulk", 0.5)]


def test_cycles_of_a_symmetric_cell_and_the_cumulative_capacity(table):
    header = "site,alkali,cell,cycles,current_density_mA_cm2,areal_capacity_mAh_cm2,"
    data = read_table(
        table(
            header + "cycle_life_h,coulombic_efficiency_pct\n"
            "@graphene,Li,symmetric,100,2,1,,\n"
            "@graphene,Li,half,100,2,1,,98\n"
            "@graphene,Li,symmetric,100,2,1,500,\n"
        )
    )
    found = {r.record_id: (r.value, r.derived) for r in data}
    assert found == {
        "line2/cycle_life": (100.0, True),
        "line2/cumulative_capacity": (100.0, True),
        "line3/coulombic_efficiency": (98.0, False),
        "line4/cycle_life": (500.0, False),
        "line4/cumulative_capacity": (500.0, True),
    }


def test_bounds_classes_and_own_columns(table):
    (record,) = read_table(
        table(
            "site,alkali,cycle_life_h,cycle_life_bound,modifier_class,active_elements,x_batch,year\n"
            "@oxide,Na,100,lower,compound,Ti-O,7,2020\n"
        )
    )
    assert record.bound == "lower"
    assert record.modifier == Modifier("compound", ("O", "Ti"))
    assert record.fact("x_batch") == "7"
    assert record.year == 2020


def test_what_we_write_we_read(tmp_path):
    source = load_dataset("literature").select(alkali="K")
    path = tmp_path / "k.csv"
    source.frame().to_csv(path, index=False)
    again = read_table(path)
    assert [r.record_id for r in again] == [r.record_id for r in source]
    assert again.records == source.records


BASE = "record_id,site,alkali,nucleation_overpotential_mV,cell\n"


@pytest.mark.parametrize(
    ("row", "column", "remedy"),
    [
        ("a,Cox-N4@graphene,Li,20,half", "site", "'Co'"),
        ("a,Co-N4@graphen,Li,20,half", "site", "did you mean 'graphene'"),
        ("a,Co-N8@graphene,Li,20,half", "site", "allowed"),
        ("a,,Li,20,half", "site", "missing"),
        ("a,Co-N4@graphene,Lii,20,half", "alkali", "did you mean 'Li'"),
        ("a,Co-N4@graphene,,20,half", "alkali", "Li, Na or K"),
        ("a,Co-N4@graphene,Li,-20,half", "nucleation_overpotential_mV", "wrong sign"),
        ("a,Co-N4@graphene,Li,9e9,half", "nucleation_overpotential_mV", "out of range"),
        ("a,Co-N4@graphene,Li,inf,half", "nucleation_overpotential_mV", "finite"),
        ("a,Co-N4@graphene,Li,nan,half", "nucleation_overpotential_mV", "finite"),
        ("a,Co-N4@graphene,Li,>20,half", "nucleation_overpotential_mV", "bound"),
        ('a,Co-N4@graphene,Li,"2,5",half', "nucleation_overpotential_mV", "decimal point"),
        ("a,Co-N4@graphene,Li,,half", "(values)", "no value"),
        ("a,Co-N4@graphene,Li,20,halve", "cell", "did you mean 'half'"),
        (",Co-N4@graphene,Li,20,half", "record_id", "missing"),
    ],
)
def test_bad_cells_are_named_with_a_remedy(table, row, column, remedy):
    path = table(f"{BASE}ok,@graphene,Li,20,half\n{row}\n")
    ((line, where, _, text),) = problems(path)
    assert (line, where) == (3, column)
    assert remedy in text


def test_all_bad_rows_are_reported_at_once_with_file_and_line(table):
    path = table(
        f"{BASE}a,@graphene,Li,20,half\n\na,@graphene,Na,20,half\n"
        'b,"Co-N4\n@graphene",Xx,-1,half\nc,@grafene,Li,1,half\n'
    )
    found = problems(path)
    assert [(line, column) for line, column, *_ in found] == [
        (4, "record_id"), (5, "alkali"), (5, "nucleation_overpotential_mV"), (5, "site"),
        (7, "site"),
    ]  # fmt: skip
    assert "line 2" in found[0][3]
    with pytest.raises(TableError, match=r"own\.csv: 3 bad rows"):
        read_table(path)


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("site,alkali,cycle_life", "cycle_life has no unit; name the column cycle_life_h"),
        ("site,alkali,cycle_life_furlongs", "does not fit"),
        ("site,alkali,nucleation_overpotential_eV", "does not fit"),
        ("site,alkali,current_density,cycle_life_h", "current_density_mA_cm2"),
        ("site,alkali,cycle_live_h", "did you mean 'cycle_life_h'"),
        ("site,alkali,comment,cycle_life_h", "x_"),
        ("alkali,cycle_life_h", "this column is missing"),
        ("site,cycle_life_h", "this column is missing"),
        ("site,alkali", "no column holds a value"),
        ("site,alkali,target,value", "needs this column"),
        ("site,alkali,value,unit", "long form"),
        ("site,alkali,target,value,unit,cycle_life_h", "drop one"),
        ("site,alkali,cycle_life_h,cycle_life_days", "more than one column"),
        ("site,site,alkali,cycle_life_h", "stands twice"),
        ("site,alkali,cycle_life_h,binding_energy_eV,bound", "one column per target"),
    ],
)
def test_bad_headers_say_what_to_write(table, header, text):
    n = header.count(",")
    found = problems(table(f"{header}\n{',' * n}\nx{',x' * n}\n"))
    assert all(line == 1 for line, *_ in found)
    assert any(text in problem for *_, problem in found), found


def test_a_missing_unit_in_the_unit_column(table):
    path = table(
        "site,alkali,cycle_life,cycle_life_unit\n@graphene,Li,10,\n@graphene,Li,9,parsec\n"
    )
    found = problems(path)
    assert [(line, column) for line, column, *_ in found] == [
        (2, "cycle_life_unit"), (3, "cycle_life_unit")]  # fmt: skip
    assert "no unit" in found[0][3]
    assert "does not fit" in found[1][3]


def test_units_of_the_long_form(table):
    path = table(
        "site,alkali,target,value,unit\n@graphene,Li,cycle_life,10,\n"
        "@graphene,Li,cycle_life,10,mV\n@graphene,Li,cycle_lif,10,h\n@graphene,Li,cycle_life,,h\n"
    )
    found = problems(path)
    assert [(line, column) for line, column, *_ in found] == [
        (2, "unit"), (3, "unit"), (4, "target"), (5, "value")]  # fmt: skip


def test_energies_need_reference_and_level_of_theory(table):
    path = table(
        "site,alkali,binding_energy_eV,reference,level_of_theory\n"
        "@graphene,Li,-1.1,,PBE\n@graphene,Li,-1.1,atom,\n@graphene,Li,1.1,atom,PBE\n"
        "@graphene,Li,-1.1,vacuum,PBE\n"
    )
    found = problems(path)
    assert [(line, column) for line, column, *_ in found if line < 5] == [
        (2, "reference"), (3, "level_of_theory"), (4, "binding_energy_eV")]  # fmt: skip
    assert any(line == 5 and "vacuum" in text for line, _, _, text in found)


MIXED = "site,alkali,binding_energy_eV,reference,level_of_theory,not_for_fit\n"


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ("Co-N4@graphene,Li,-2,atom,PBE,\nFe-N4@graphene,Li,-1,bulk,PBE,\n", (3, "reference")),
        ("Co-N4@graphene,Li,-2,atom,PBE,\nFe-N4@graphene,Li,-1,atom,HSE,\n",
         (3, "level_of_theory")),
        # one pair against both states does not make them comparable to another pair's
        ("Co-N4@graphene,Li,-2,atom,PBE,\nCo-N4@graphene,Li,-1,bulk,PBE,\n"
         "Fe-N4@graphene,Li,-2,atom,PBE,\nZn-N4@graphene,Li,0.2,bulk,PBE,\n", (5, "reference")),
    ],
)  # fmt: skip
def test_energies_that_can_never_be_fitted_together_are_refused(table, rows, where):
    ((line, column, _, text),) = problems(table(MIXED + rows))
    assert (line, column) == where
    assert text.startswith("mixed ")
    assert "not_for_fit" in text


@pytest.mark.parametrize(
    "rows",
    [
        # both states of every pair, as in our own table
        "Co-N4@graphene,Li,-2,atom,PBE,\nCo-N4@graphene,Li,-0.4,bulk,PBE,\n",
        "Co-N4@graphene,Li,-2,atom,PBE,\nFe-N4@graphene,Li,-1,bulk,HSE,another code\n",
        "Co-N4@graphene,Li,-2,atom,PBE,\nFe-N4@graphene,Li,-1,ion,PBE,\n",
    ],
)
def test_energies_that_share_a_reference_or_stay_out_of_fits_may_stand_together(table, rows):
    assert len(read_table(table(MIXED + rows))) == 2


def test_our_own_energies_are_read_back(tmp_path):
    source = load_dataset("dft")
    source.frame().to_csv(tmp_path / "dft.csv", index=False)
    assert read_table(tmp_path / "dft.csv").records == source.records


def test_ion_energies_are_kept_but_not_fitted(table):
    data = read_table(
        table("site,alkali,binding_energy_eV,reference,level_of_theory\n@graphene,Li,-1,ion,PBE\n")
    )
    assert len(data) == 1
    assert data.refused[0].kept
    assert len(data.select(for_fit=True)) == 0


@pytest.mark.parametrize("j", ["0", "-1", "5000"])
def test_conditions_out_of_range(table, j):
    path = table(f"site,alkali,cycle_life_h,current_density_mA_cm2\n@graphene,Li,10,{j}\n")
    ((line, column, value, text),) = problems(path)
    assert (line, column, value) == (2, "current_density_mA_cm2", j)
    assert "out of range" in text


def test_lines_of_another_width_are_all_listed(table):
    path = table(f"{BASE}a,@graphene,Li,1,half,more\nb,@graphene,Li,1,half\nc,@graphene\n")
    assert [(line, column) for line, column, *_ in problems(path)] == [
        (2, "(whole line)"), (4, "(whole line)")]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "empty"), ("\n", "empty"), (BASE, "no rows"), (f"{BASE}\n\n", "no rows"),
     (f"{BASE},,,,\n", "no rows")],
)  # fmt: skip
def test_an_empty_table_is_an_error(table, text, message):
    with pytest.raises(SacmlError, match=message):
        read_table(table(text))


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(SacmlError, match="does not exist"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(SacmlError, match="folder"):
        read_table(tmp_path)
    binary = tmp_path / "b.csv"
    binary.write_bytes(b"site,alkali,cycle_life_h\n\xff\xfe,Li,3\n")
    with pytest.raises(SacmlError, match="UTF-8"):
        read_table(binary)


def test_a_byte_order_mark_and_tabs_are_read(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_bytes("﻿site\talkali\tcycle_life_h\n@graphene\tLi\t3\n".encode())
    assert read_table(path).records[0].site == Site.parse("@graphene")


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.sampled_from('ab,;"\n\t1@-.\x00é'), max_size=80))
def test_no_text_ends_in_anything_but_a_clear_error(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("fuzz") / "f.csv"
    path.write_text("site,alkali,cycle_life_h\n" + text, encoding="utf-8")
    with pytest.raises(SacmlError):
        read_table(path)


def write_big(path, rows):
    metals = ("Fe", "Co", "Ni", "Cu", "Zn", "Mn")
    with path.open("w") as file:
        file.write("record_id,site,alkali,current_density_mA_cm2,cycle_life_days\n")
        for i in range(rows):
            site = f"{metals[i % 6]}-N4@graphene"
            alkali, life = ("Li", "Na", "K")[i % 3], 1 + i % 99
            if i == 5:
                alkali = "Nq"
            elif i == rows // 2:
                site = "Co-N4@graphine"
            elif i == rows - 1:
                life = -life
            file.write(f"u{i},{site},{alkali},{1 + i % 5},{life}\n")


def check_big(path, rows, seconds):
    write_big(path, rows)
    start = time.perf_counter()
    found = problems(path)
    assert time.perf_counter() - start < seconds
    assert [(line, column) for line, column, *_ in found] == [
        (7, "alkali"), (rows // 2 + 2, "site"), (rows + 1, "cycle_life_days")]  # fmt: skip


def test_three_bad_rows_in_a_large_file(tmp_path):
    check_big(tmp_path / "big.csv", 50_000, 20)


@pytest.mark.long
def test_three_bad_rows_in_a_million(tmp_path):
    check_big(tmp_path / "big.csv", 1_000_000, 120)
