"""Costs of labels, read from the bundled calculations."""

import csv
from statistics import median

import pytest

from sacml._resources import dataset_path
from sacml.design.acquisition.costs import label_costs
from sacml.domain import Site
from sacml.domain.elements import METALS
from sacml.errors import DesignError
from sacml.features import CandidateTable


def calculations():
    with dataset_path("dft", "calculations.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def seconds(kind, metal=None):
    return median(
        float(r["seconds"])
        for r in calculations()
        if r["kind"] == kind and r["status"] == "ok" and metal in (None, r["metal"])
    )


@pytest.fixture
def table():
    # the campaign goes on, so which metal has no calculation yet is looked up
    done = {r["metal"] for r in calculations()}
    never = next(m for m in METALS if m not in done)
    sites = ["Ni-N4@graphene", f"{never}-N4@graphene", "Fe+Ni-N6@graphene"]
    return CandidateTable.from_columns(sites, ["Li"] * 3)


def test_a_label_is_its_site_and_its_starts(table):
    hours = label_costs(table, starts=2)
    assert hours[0] * 3600 == pytest.approx(seconds("site", "Ni") + 2 * seconds("ads", "Ni"))
    assert hours[1] * 3600 == pytest.approx(seconds("site") + 2 * seconds("ads"))  # never computed
    slower = max(seconds("site", m) for m in ("Fe", "Ni"))
    slower += 2 * max(seconds("ads", m) for m in ("Fe", "Ni"))
    assert hours[2] * 3600 == pytest.approx(slower)


def test_a_site_at_hand_costs_its_starts_alone(table):
    hours = label_costs(table, computed=[Site.parse("Ni-N4@graphene")], starts=1)
    assert hours[0] * 3600 == pytest.approx(seconds("ads", "Ni"))
    assert hours[1] == label_costs(table, starts=1)[1]


def test_a_label_takes_a_start(table):
    with pytest.raises(DesignError, match="starts = 0"):
        label_costs(table, starts=0)
