import pytest

from sacml.domain import host_types
from sacml.domain.shells import NITROGEN_TYPES
from sacml.features.anchoring import VACANCY_KINDS


def one(row, prefix, words):
    return [w for w in words if row[f"{prefix}_{w}"] == 1]


@pytest.mark.parametrize(
    ("site", "applicable", "known", "kinds"),
    [
        ("Co-N4@graphene", 1, 1, ["pyridinic"]),  # the host's default
        ("Co-N4(pyrrolic)@graphene", 1, 1, ["pyrrolic"]),
        ("Co-N4@hard_carbon", 1, 0, []),  # not stated
        ("Co-N4@phthalocyanine", 1, 1, ["pyrrolic"]),
        ("Co-O4@graphene", 0, 0, []),  # no N to have a type
        ("@graphene", 0, 0, []),
    ],
)
def test_type_of_nitrogen(values, site, applicable, known, kinds):
    row = values(f"{site};Li")
    assert row["shell_nitrogen_applicable"] == applicable
    assert row["shell_nitrogen_known"] == known
    assert one(row, "shell_nitrogen", NITROGEN_TYPES) == kinds


@pytest.mark.parametrize(
    ("site", "applicable", "known", "kinds"),
    [
        ("Zn-N3@graphene", 1, 1, ["single"]),  # follows from the size of the shell
        ("Zn-N4@graphene", 1, 1, ["double"]),
        ("Zn-N3@graphene(v=double)", 1, 1, ["double"]),
        ("Fe+Ni-N6@graphene", 1, 0, []),  # two centres have no default
        ("Zn-C3@ti3c2(v=Ti)", 1, 1, ["metal"]),
        ("Zn-Mo3@mos2(v=S)", 1, 1, ["nonmetal"]),
        ("Zn-S3@mos2", 1, 0, []),
        ("Zn-N4@hard_carbon", 0, 0, []),
        ("@graphene", 0, 0, []),
        ("@graphene(v=single)", 1, 1, ["single"]),
    ],
)
def test_vacancy(values, site, applicable, known, kinds):
    row = values(f"{site};Li")
    assert row["host_vacancy_applicable"] == applicable
    assert row["host_vacancy_known"] == known
    assert one(row, "host_vacancy", VACANCY_KINDS) == kinds


def test_writing_out_a_default_changes_nothing(values):
    plain = values("Co-N4@graphene;Li")
    assert values("Co-N4(pyridinic)@graphene(v=double);Li") == plain


def test_every_stated_default_of_the_vocabulary_has_a_column():
    defaults = {h.nitrogen for h in host_types().values()} - {None}
    assert defaults <= set(NITROGEN_TYPES)
