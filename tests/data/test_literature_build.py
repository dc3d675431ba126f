import csv
import os
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from sacml._resources import dataset_path
from sacml.domain import Site


def load_script():
    path = dataset_path("literature", "build.py")
    spec = spec_from_loader("literature_build", SourceFileLoader("literature_build", str(path)))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load_script()


def rows(name):
    with dataset_path("literature", name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("1 M LiTFSI in DOL:DME 1:1 v/v + 1.0 % LiNO3", "ether"),
        ("1.0 M NaPF6 in diglyme", "ether"),
        ("1 M LiFSI in FEC:DEC", "carbonate"),
        ("ester-based", "carbonate"),
        ("solid (LATP)", "solid"),
        ("garnet LLZTO (solid)", "solid"),
        ("ether-ionic liquid composite, lean (1.0 uL mAh-1)", "other"),
        ("LiTFSI", ""),
        ("LiNO3-containing", ""),
        ("highly concentrated (salt not printed)", ""),
    ],
)
def test_electrolytes_are_classed_by_what_is_printed(text, word):
    assert script.electrolyte_class(text) == word


def test_every_row_has_a_site_with_a_reason():
    sites = {r["record_id"]: r for r in rows("sites.csv")}
    for table in ("records.csv", "series.csv"):
        for row in rows(table):
            entry = sites[row["record_id"]]
            assert entry["why"]
            assert str(Site.parse(entry["site"])) == str(Site.parse(row["site"]))
    assert len(sites) == len(rows("records.csv")) + len(rows("series.csv"))


def test_every_decision_is_in_the_table():
    found = {r["record_id"]: r for r in rows("records.csv")}
    for cell in rows("curation.csv"):
        assert found[cell["record_id"]][cell["column"]] == cell["value"], cell


def test_sites_and_classes_agree():
    for row in rows("records.csv"):
        metals = Site.parse(row["site"]).metals
        expected = {"single_atom": 1, "dual_atom": 2}.get(row["modifier_class"], 0)
        assert len(metals) == expected, row["record_id"]
        if metals:
            assert "-".join(sorted(metals)) == "-".join(sorted(row["active_elements"].split("-")))


def test_tables_name_no_place_of_work():
    for name in ("records.csv", "series.csv", "sites.csv", "curation.csv"):
        text = dataset_path("literature", name).read_text(encoding="utf-8")
        assert "GitHub" not in text
        assert "file id" not in text


def test_the_tables_rebuild_from_the_collection(tmp_path):
    source = os.environ.get("SACML_LITERATURE_COLLECTION")
    if not source:
        pytest.skip("set SACML_LITERATURE_COLLECTION to the folder of the collection")
    script.build(Path(source), tmp_path)
    for name in ("records.csv", "series.csv", "differences.csv"):
        assert (tmp_path / name).read_bytes() == dataset_path("literature", name).read_bytes()
