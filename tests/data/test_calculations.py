import csv
import json
import os
import time
from collections import Counter
from pathlib import Path

import ase.db
import ase.io
import pytest
import typer
from ase import Atoms
from ase.build import bulk
from typer.testing import CliRunner

from sacml.cli.data_import import import_data
from sacml.data import audit, read_table
from sacml.data.importers.calculations import import_calculations, write_csv
from sacml.errors import SacmlError, TableError
from sacml.structures import build

REAL = Path(__file__).parent / "calculations_files"
STATED = "code=VASP;functional=PBE;u=none;dispersion=D3;cutoff=520 eV;kpoints=3x3x1"


def frame(atoms, key, energy, **info):
    atoms = atoms.copy()
    atoms.calc = None
    kept = Atoms(atoms.symbols, positions=atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
    kept.info = {"key": key, "energy_eV": energy, **info}
    return kept


@pytest.fixture(scope="module")
def parts():
    atom = Atoms("Li", positions=[[6, 6, 6]], cell=[12] * 3, pbc=True)
    return {
        "site": build("Co-N4@graphene").atoms,
        "ring6": build("Co-N4@graphene", "Li", "ring6").atoms,
        "ring5": build("Co-N4@graphene", "Li", "ring5").atoms,
        "atom": atom,
        "bulk": bulk("Li", "bcc", a=3.43, cubic=True),
    }


def write(path, frames):
    ase.io.write(path, frames, format="extxyz")
    return path


@pytest.fixture
def good(parts, tmp_path):
    return write(tmp_path / "runs.extxyz", [
        frame(parts["site"], "site", -100.0), frame(parts["ring6"], "ring6", -103.5),
        frame(parts["ring5"], "ring5", -103.25), frame(parts["atom"], "atom", -0.5),
        frame(parts["bulk"], "bulk", -4.0),
    ])  # fmt: skip


def test_binding_energies_with_their_reference_and_level(good):
    found = import_calculations(good, level_of_theory=STATED)
    values = {r.record_id.split("#")[1]: r.value for r in found.dataset}
    assert values == {
        "ring6/binding_energy_atom": -3.0,
        "ring6/binding_energy_bulk": -1.5,  # two atoms in the bulk cell
        "ring5/binding_energy_atom": -2.75,
        "ring5/binding_energy_bulk": -1.25,
    }
    assert found.left == ()
    assert found.n_entries == 5
    for r in found.dataset:
        assert (str(r.site), r.alkali, r.level_of_theory) == ("Co-N4@graphene", "Li", STATED)
        assert r.reference == r.record_id.rpartition("_")[2]
        assert r.fact("lowest_of_starts") == str("ring6" in r.record_id)
        assert r.fidelity == "dft_other_settings"
        assert "another fidelity" in r.not_for_fit


def test_the_csv_passes_the_check_and_comes_back_the_same(good, tmp_path):
    found = import_calculations(good, level_of_theory=STATED)
    path = write_csv(found.dataset, tmp_path / "own.csv")
    again = read_table(path)
    assert again.records == found.dataset.records
    assert audit(again.records) == ()


def test_a_level_that_is_not_written_is_demanded_by_name(good):
    found = import_calculations(good, level_of_theory="functional=PBE;code=VASP;u=none")
    assert len(found.dataset) == 0
    assert len(found.left) == 5
    for left in found.left:
        assert "dispersion, cutoff, kpoints not written" in left.reason
        assert "--level-of-theory" in left.reason
    with pytest.raises(SacmlError, match="no record was made"):
        write_csv(found.dataset, good.with_suffix(".csv"))


def test_refusals_are_listed_all_at_once_and_nothing_is_pooled(parts, tmp_path):
    path = write(tmp_path / "runs.extxyz", [
        frame(parts["site"], "site", -100.0, hubbard_u="Co:3.3"),
        frame(parts["ring6"], "plain", -90.0, hubbard_u="none"),
        frame(parts["ring6"], "good", -103.0, hubbard_u="Co:3.3"),
        frame(parts["ring6"], "loose", -103.0, hubbard_u="Co:3.3", converged=False),
        frame(parts["ring6"], "coarse", -103.0, hubbard_u="Co:3.3", cutoff_eV=300),
        frame(build("Fe-N4@graphene").atoms, "other", -99.0, hubbard_u="none"),
        frame(build("Co-N4@graphene", "Na").atoms, "na", -101.0, hubbard_u="Co:3.3"),
        frame(parts["atom"], "atom", -0.5, hubbard_u="none"),
        frame(parts["atom"], "atom300", -0.7, hubbard_u="none", cutoff_eV=300),
        frame(parts["ring5"], "empty", float("nan"), hubbard_u="Co:3.3"),
    ])  # fmt: skip
    stated = "code=VASP;functional=PBE;dispersion=none;kpoints=2x2x1;cutoff=520"
    found = import_calculations(path, level_of_theory=stated)
    reasons = {x.entry_id.split("#")[1]: x.reason for x in found.left}
    assert [r.row_id.split("#")[1] for r in found.dataset] == ["good"]
    assert found.dataset.records[0].value == pytest.approx(-2.5)
    assert "+U differs (none and Co:3.3)" in reasons["plain"]
    assert "converged=F" in reasons["loose"]
    # what a file writes is never overruled by what is stated
    assert "cutoff 300 eV is written, 520 eV was stated" in reasons["coarse"]
    assert "unpaired" in reasons["other"]
    assert "no isolated atom and no bulk of Na" in reasons["na"]
    assert "was stated" in reasons["atom300"]
    assert "no energy" in reasons["empty"]
    assert len(reasons) == 7
    assert {r.row_id.split("#")[1] for r in found.dataset.refused if not r.kept} == set(reasons)


def test_a_reference_of_another_level_is_refused(parts, tmp_path):
    path = write(tmp_path / "runs.extxyz", [
        frame(parts["site"], "site", -100.0, xc="PBE"),
        frame(parts["ring6"], "li", -103.0, xc="PBE"),
        frame(parts["atom"], "atom", -0.5, xc="RPBE"),
    ])  # fmt: skip
    stated = "code=VASP;u=none;dispersion=none;cutoff=520;kpoints=3x3x1"
    (left, spare) = import_calculations(path, level_of_theory=stated).left[::-1]
    assert "functional differs (PBE and RPBE)" in left.reason
    assert "no pair used" in spare.reason


def test_a_binding_energy_of_the_wrong_sign_is_refused(parts, tmp_path):
    path = write(tmp_path / "runs.extxyz", [
        frame(parts["site"], "site", -100.0), frame(parts["ring6"], "li", -99.0),
        frame(parts["atom"], "atom", -2.0),
    ])  # fmt: skip
    found = import_calculations(path, level_of_theory=STATED)
    assert len(found.dataset) == 0
    assert any("wrong sign" in x.reason for x in found.left)


def test_mapping_states_sites_pairs_and_roles(parts, tmp_path):
    far = parts["ring6"].copy()
    far.positions[3] += [2.0, 0, 0]
    path = write(tmp_path / "runs.extxyz", [
        frame(build("Zn-C3@ti3c2").atoms, "mxene", -300.0),
        frame(build("Zn-C3@ti3c2", "Li").atoms, "mxene_li", -303.0),
        frame(parts["site"], "site", -100.0), frame(far, "far", -103.0),
        frame(parts["atom"], "atom", -0.5), frame(parts["bulk"], "scrap", -9.0),
    ])  # fmt: skip
    reasons = {x.entry_id: x.reason for x in import_calculations(path, level_of_theory=STATED).left}
    assert "cannot be told" in reasons["runs.extxyz#mxene_li"]
    assert "column bare" in reasons["runs.extxyz#far"]
    table = tmp_path / "map.csv"
    table.write_text(
        "entry,role,site,bare\nruns.extxyz#mxene,,Zn-C3@ti3c2,\n"
        "runs.extxyz#far,adsorbed,,runs.extxyz#site\nruns.extxyz#scrap,ignore,,\n"
    )
    found = import_calculations(path, level_of_theory=STATED, mapping=table)
    values = {(str(r.site), r.reference): r.value for r in found.dataset}
    assert values == {("Zn-C3@ti3c2", "atom"): -2.5, ("Co-N4@graphene", "atom"): -2.5}
    assert [x.reason for x in found.left] == ["left out by the mapping file"]


def test_bad_mapping_rows_come_all_at_once(good, tmp_path):
    table = tmp_path / "map.csv"
    table.write_text(
        "entry,role,site,bare\nruns.extxyz#sit,,,\nruns.extxyz#ring6,ads,,\n"
        "runs.extxyz#site,,Co-N9@graphene,\nruns.extxyz#ring5,,,nowhere\n"
    )
    with pytest.raises(TableError) as error:
        import_calculations(good, level_of_theory=STATED, mapping=table)
    assert [(p.row, p.column) for p in error.value.problems] == [
        (2, "entry"), (3, "role"), (4, "site"), (5, "bare"),
    ]  # fmt: skip
    assert "did you mean 'runs.extxyz#site'" in str(error.value)


def test_a_site_that_may_carry_the_adsorbate_is_no_bare_site(parts, tmp_path):
    oxygen = Atoms("O", positions=[parts["site"].positions[parts["site"].symbols == "Co"][0]])
    oxygen.positions[:, 2] += 1.7
    hydrogen = Atoms("H", positions=oxygen.positions)
    hydrogen.positions += [0, 0.6, 0.75]
    with_o = parts["site"].copy() + oxygen
    path = write(tmp_path / "runs.extxyz",
                 [frame(with_o, "o", -5.0), frame(with_o + hydrogen, "oh", -9.0)])  # fmt: skip
    found = import_calculations(path, level_of_theory=STATED, adsorbates=("H", "O", "OH"))
    assert found.pairs == ()
    assert len(found.left) == 2
    both = write(tmp_path / "more.extxyz", [
        frame(parts["site"], "site", -1.0), frame(with_o, "o", -5.0),
        frame(with_o + hydrogen, "oh", -9.0),
    ])  # fmt: skip
    pairs = import_calculations(both, level_of_theory=STATED, adsorbates=("H", "O", "OH")).pairs
    assert {(p.adsorbate, p.difference_eV) for p in pairs} == {("O", -4.0), ("OH", -8.0)}


def test_database_gives_the_same_as_the_frames(good, tmp_path):
    path = tmp_path / "runs.db"
    with ase.db.connect(path) as database:
        for atoms in ase.io.read(good, ":"):
            database.write(atoms, name=atoms.info["key"], energy_eV=atoms.info["energy_eV"],
                           xc="PBE")  # fmt: skip
    stated = STATED.replace("functional=PBE;", "")
    frames = import_calculations(good, level_of_theory=STATED)
    rows = import_calculations(path, level_of_theory=stated)
    assert sorted(r.value for r in rows.dataset) == sorted(r.value for r in frames.dataset)
    assert {r.level_of_theory for r in rows.dataset} == {STATED}
    (tmp_path / "broken.db").write_bytes(b"nothing")
    (left,) = import_calculations(tmp_path / "broken.db").left
    assert "cannot be read" in left.reason


def test_frames_cut_short_keep_what_came_before(good):
    text = good.read_text()
    good.write_text(text[: text.index("key=atom") + 200])
    found = import_calculations(good, level_of_theory=STATED)
    assert any("frames after it were not read" in x.reason for x in found.left)
    assert len(found.pairs) == 2


def test_nothing_to_read(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(SacmlError, match="holds no finished calculation"):
        import_calculations(tmp_path)
    with pytest.raises(SacmlError, match="does not exist"):
        import_calculations(tmp_path / "absent")
    with pytest.raises(SacmlError, match="cannot read adsorbate"):
        import_calculations(tmp_path, adsorbates=("Lii",))


@pytest.fixture(scope="module")
def run():
    app = typer.Typer()
    app.command()(import_data)
    return lambda *words: CliRunner().invoke(app, [str(w) for w in words])


def test_command_writes_a_table_and_lists_what_is_left(run, tmp_path):
    out = tmp_path / "own.csv"
    result = run(REAL / "gpaw", "--out", out)
    assert result.exit_code == 0, result.output
    assert "5 calculations, 1 pairs" in result.output
    assert "unconverged/gpaw.txt: the SCF did not converge" in result.output
    assert {r.reference for r in read_table(out)} == {"atom", "bulk"}


def test_command_says_a_reason_once_for_all_it_holds_for(run, good):
    """Without a level of theory every entry is left for one and the same reason."""
    entries = [x.entry_id for x in import_calculations(good).left]
    assert len(entries) > 3
    shown = run(str(good)).output
    lines = [line for line in shown.splitlines() if entries[0] in line]
    assert len(lines) == 1
    named = [e for e in entries if e in lines[0]]
    assert len(named) == min(len(entries), 5)
    if len(entries) > 5:
        assert f"and {len(entries) - 5} more (--json)" in lines[0]


def test_command_as_json(run):
    result = run(REAL / "cp2k", "--json")
    found = json.loads(result.output)
    assert found["schema"] == "sacml.import/1"
    assert found["entries"] == 4
    assert [r["site"] for r in found["records"]] == ["@graphene"]
    assert [x["entry"] for x in found["left"]] == ["unconverged/cp2k.out"]


def hoer():
    given = os.environ.get("SACML_SAC_HOER")
    repository = Path(__file__).parents[2]
    return Path(given) if given else repository.parent / "shared/data/public/sac_hoer"


@pytest.mark.skipif(
    not (hoer() / "sac_hoer.extxyz").is_file(),
    reason="the data of other groups are not here: set SACML_SAC_HOER to the folder of sac_hoer",
)
def test_sac_hoer_pairs_the_clean_runs_and_refuses_those_that_mix_u():
    start = time.perf_counter()
    found = import_calculations(
        hoer() / "sac_hoer.extxyz", level_of_theory="code=VASP;functional=PBE;cutoff=520",
        adsorbates=("H", "O", "OH", "OOH"),
    )  # fmt: skip
    seconds = time.perf_counter() - start
    with (hoer() / "sac_hoer.csv").open() as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    paired = {p.adsorbed.entry_id.split("#")[1]: p for p in found.pairs}
    reasons = {x.entry_id.split("#")[1]: x.reason for x in found.left}
    assert found.n_entries == 698
    assert {rows[i]["quality"] for i in paired} == {"clean"}
    assert len(paired) == 360
    for name, pair in paired.items():
        assert pair.adsorbate == rows[name]["adsorbate"]
        assert pair.difference_eV == pytest.approx(float(rows[name]["dE_eV"]), abs=1e-6)
    # bare runs of eight metals are DFT+U, those with an adsorbate are not: each says so
    mixed = {i for i, reason in reasons.items() if "+U differs (none and on" in reason}
    spoilt = ("recovered", "bad_substrate_dftu", "bad_duplicate_of_OH")
    assert mixed == {i for i in reasons if rows[i]["quality"] in spoilt}
    assert len(mixed) == 159
    assert {rows[i]["metal"] for i in mixed} == {"V", "Cr", "Mn", "Fe", "Co", "Ni", "Mo", "W"}
    other = Counter(
        next(w for w in ("k-points", "came apart", "away", "unpaired") if w in reasons[i])
        for i in reasons if i not in mixed
    )  # fmt: skip
    assert other == {"k-points": 31, "came apart": 4, "away": 1, "unpaired": 4}
    assert seconds < 30
