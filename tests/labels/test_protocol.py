import numpy as np
import pytest
from ase.io import read
from dft_scripts import script
from shell import rows_of

from sacml._resources import dataset_path
from sacml.domain import element
from sacml.errors import MixedReferenceError, SacmlError
from sacml.labels import (
    LabelError,
    TaskResult,
    adsorption_key,
    atom_key,
    binding_label,
    binding_labels,
    binding_tasks,
    bulk_key,
    choose_places,
    prepare,
    preset,
    signs,
    single_point_task,
    site_key,
)
from sacml.labels.extxyz import mark, unmark
from sacml.labels.hessian import bond_springs
from sacml.labels.protocol import empty_site
from sacml.labels.starts import on_relaxed
from sacml.labels.task import to_extxyz
from sacml.structures import build, places

SETTINGS = preset("pbe-pw340")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Tables of the handed-over campaign alone, without results of `sacml label`."""
    out = tmp_path_factory.mktemp("campaign")
    script("build").build(dataset_path("dft", "campaign", "results"), out)
    return out


@pytest.fixture(scope="module")
def printed_starts(tables):
    return rows_of(tables / "binding.csv")


def number(text):
    return float(text) if text else None


@pytest.fixture(scope="module")
def handed_over(tables):
    """Our own DFT of datasets/dft as results, by our keys."""
    frames = {a.info["key"]: a for a in read(tables / "structures.extxyz", index=":")}
    results = {}
    for row in rows_of(tables / "calculations.csv"):
        kind = {"ads": "adsorption"}.get(row["kind"], row["kind"])
        if row["status"] != "ok" or kind not in ("adsorption", "site", "atom", "bulk"):
            continue
        if kind in ("atom", "bulk"):
            key = row["key"]
        elif kind == "site":
            key = site_key(row["site"])
        else:
            key = adsorption_key(row["site"], row["alkali"], row["key"].split("/", 4)[4])
        result = {
            "key": key, "kind": kind, "status": "ok", "settings_digest": SETTINGS.digest,
            "level_of_theory": "GPAW-PW340/PBE", "energy_eV": float(row["energy_eV"]),
            "moment_muB": number(row["moment_muB"]), "width_eV": number(row["smearing_width_eV"]),
            "geometry_converged": row["geometry_converged"] == "True",
            "relax_max_force_eV_A": number(row["fmax_gamma_eV_A"]),
            "lattice_A": number(row["lattice_constant_A"]),
        }  # fmt: skip
        if row["key"] in frames:
            atoms = frames[row["key"]]
            metal = int(atoms.info["metal_index"])
            shell = ()
            if metal >= 0:
                away = atoms.get_distances(metal, range(len(atoms)), mic=True)
                away[[i for i, s in enumerate(atoms.symbols) if s in ("Li", "Na", "K")]] = np.inf
                shell = tuple(map(int, np.argsort(away)[1 : 1 + len(row["coordination_letters"])]))
            atoms.info = {"centre": mark((metal,) if metal >= 0 else ()), "shell": mark(shell),
                          "normal": np.array([0.0, 0.0, 1.0])}  # fmt: skip
            result["geometry"] = to_extxyz(atoms)
        results[key] = TaskResult.from_dict(result)
    return results


def test_labels_of_the_handed_over_energies_are_those_of_the_table(handed_over, printed_starts):
    labels, refused = binding_labels(handed_over)
    assert refused == []
    found = {(la.site, la.alkali): la for la in labels}
    lowest = [r for r in printed_starts if r["lowest_of_starts"] == "True"]
    assert set(found) == {(r["site"], r["alkali"]) for r in lowest}
    for row in lowest:
        label = found[row["site"], row["alkali"]]
        assert label.start == row["record_id"].split("/", 4)[4]
        assert label.starts_tried == int(row["starts_tried"])
        for column in (
            "binding_energy_atom_eV", "binding_energy_bulk_eV", "relative_to_graphene_eV",
            "metal_alkali_distance_A", "alkali_height_A", "metal_height_A",
            "largest_bond_change_A", "site_moment_muB", "site_alkali_moment_muB",
        ):  # fmt: skip
            printed = number(row[column])
            if printed is None:
                assert getattr(label, column) is None, (row["record_id"], column)
            else:
                expected = pytest.approx(printed, abs=2e-5)
                assert getattr(label, column) == expected, (row["record_id"], column)
        assert ("geometry not converged" in label.flags) == (row["geometry_converged"] != "True")


def test_every_start_is_ranked_as_in_the_table(handed_over, printed_starts):
    printed = {
        adsorption_key(r["site"], r["alkali"], r["record_id"].split("/", 4)[4]):
        float(r["binding_energy_atom_eV"]) for r in printed_starts
    }  # fmt: skip
    computed = {k: e for label in binding_labels(handed_over)[0] for k, e in label.starts}
    assert set(computed) == set(printed)
    for key, value in printed.items():
        assert computed[key] == pytest.approx(value, abs=2e-5)


def test_bulk_form_is_atom_form_plus_the_computed_cohesive_energy(handed_over):
    for label in binding_labels(handed_over)[0]:
        atom, bulk = (
            signs.Energy.of(handed_over[f(label.alkali)]) for f in (atom_key, bulk_key)
        )  # fmt: skip
        cohesive = signs.cohesive(atom, bulk)
        assert 0.5 < cohesive < 2.0
        assert label.binding_energy_bulk_eV == pytest.approx(
            label.binding_energy_atom_eV + cohesive
        )
    graphene = binding_label("@graphene", "Li", handed_over)
    assert graphene.relative_to_graphene_eV == 0
    assert "one start" not in graphene.flags  # graphene has one distinct place only


def test_references_that_are_missing_leave_gaps_with_a_flag(handed_over):
    there = dict(handed_over)
    del there["bulk/Li"], there["site/@graphene"]
    label = binding_label("Co-N4@graphene", "Li", there)
    assert label.binding_energy_bulk_eV is None
    assert label.relative_to_graphene_eV is None
    assert {"no bulk reference", "no graphene"} <= set(label.flags)
    assert label.metal_stability_eV is None


@pytest.mark.parametrize("gone", ["atom/Li", "site/Co-N4@graphene"])
def test_what_a_label_cannot_do_without_is_named(handed_over, gone):
    there = {k: v for k, v in handed_over.items() if k != gone}
    with pytest.raises(LabelError, match=gone):
        binding_label("Co-N4@graphene", "Li", there)
    labels, refused = binding_labels(there)
    assert len(labels) + len(refused) == len(binding_labels(handed_over)[0])
    assert ("Co-N4@graphene;Li" in dict(refused)) is True


def test_failed_starts_are_told_and_the_rest_counts(handed_over):
    best = binding_label("Co-N4@graphene", "Li", handed_over)
    there = dict(handed_over)
    there[best.key] = TaskResult.from_dict({
        "key": best.key, "kind": "adsorption", "status": "failed", "failure": "scf", "reason": "x",
        "settings_digest": SETTINGS.digest, "level_of_theory": "GPAW-PW340/PBE",
    })  # fmt: skip
    second = binding_label("Co-N4@graphene", "Li", there)
    assert second.binding_energy_atom_eV == pytest.approx(best.starts[1][1])
    assert f"start {best.start} failed: scf" in second.flags
    only_failures = {k: v for k, v in there.items() if not k.startswith("ads/Co-N4@graphene/Li/")}
    only_failures[best.key] = there[best.key]
    with pytest.raises(LabelError, match="no start is finished"):
        binding_label("Co-N4@graphene", "Li", only_failures)


def test_levels_and_settings_are_not_mixed(handed_over):
    for change in ({"level_of_theory": "GPAW-PW450/PBE"}, {"settings_digest": "other"}):
        there = dict(handed_over)
        there["atom/Li"] = there["atom/Li"].model_copy(update=change)
        with pytest.raises(MixedReferenceError, match="atom/Li"):
            binding_label("Co-N4@graphene", "Li", there)
        assert all("not subtracted" in why for _, why in binding_labels(there)[1])
        there["atom/Li"] = handed_over["atom/Li"]
        there["site/@graphene"] = there["site/@graphene"].model_copy(update=change)
        with pytest.raises(MixedReferenceError, match="@graphene"):
            binding_label("Co-N4@graphene", "Li", there)


def test_an_experimental_cohesive_energy_never_meets_a_computed_one(handed_over):
    measured = signs.Energy(-element("Co").cohesive_energy_eV, signs.EXPERIMENT, "", "bulk/Co")
    site = signs.Energy.of(handed_over["site/Co-N4@graphene"])
    with pytest.raises(MixedReferenceError, match="bulk/Co"):
        signs.metal_stability(site, site, [measured])
    with pytest.raises(MixedReferenceError, match="experimental"):
        signs.cohesive(measured, measured)  # not even where both are measured


def test_metal_stability_is_the_definition(handed_over):
    def energy(key, value):
        return TaskResult.from_dict({
            "key": key, "kind": key.split("/")[0], "status": "ok", "energy_eV": value,
            "settings_digest": SETTINGS.digest, "level_of_theory": "GPAW-PW340/PBE",
        })  # fmt: skip

    there = dict(handed_over)
    there["site/vac-N4@graphene"] = energy("site/vac-N4@graphene", -250.0)
    there["bulk/Co"] = energy("bulk/Co", -5.0)
    label = binding_label("Co-N4@graphene", "Li", there)
    expected = handed_over["site/Co-N4@graphene"].energy_eV + 255.0
    assert label.metal_stability_eV == pytest.approx(expected)


def test_tasks_of_a_pair_stand_after_those_they_need():
    tasks = binding_tasks("Co-N4@graphene", "Li", SETTINGS, stability=True)
    keys = [t.key for t in tasks]
    assert len(set(keys)) == len(keys)
    assert {"atom/Li", "bulk/Li", "site/Co-N4@graphene", "ads/Co-N4@graphene/Li/ring6",
            "ads/Co-N4@graphene/Li/ring5", "site/@graphene", "ads/@graphene/Li/hollow",
            "site/vac-N4@graphene", "bulk/Co", "atom/Co"} == set(keys)  # fmt: skip
    for task in tasks:
        assert all(keys.index(n) < keys.index(task.key) for n in task.needs)
        assert task.settings_digest == SETTINGS.digest
    # start moments of one's own are tasks of their own, with a site of their own
    spins = binding_tasks("Co-N4@graphene", "Li", SETTINGS, moments=(None, 0), relative=False)
    assert "site/Co-N4@graphene/m0.0" in {t.key for t in spins}
    needs = {t.key: t.needs for t in spins}["ads/Co-N4@graphene/Li/ring6/m0.0"]
    assert needs == ("site/Co-N4@graphene/m0.0",)


def test_places_come_one_of_each_kind_and_on_both_faces():
    assert choose_places("Co-N4@graphene", "Li", SETTINGS) == ("ring6", "ring5")
    assert choose_places("@graphene", "Li", SETTINGS) == ("hollow",)
    high = choose_places("Zr-N4@graphene", "Li", SETTINGS)  # stands out of the sheet
    assert high == ("ring6", "ring6f", "ring5", "ring5f")


def test_stability_of_what_has_no_empty_site_is_refused():
    assert str(empty_site("Co-N2C2(trans)@graphene")) == "vac-N2C2(trans)@graphene"
    for text in ("@graphene", "vac-N4@graphene", "Fe+Ni-N6@graphene", "Fe-N4+OH@graphene"):
        with pytest.raises(LabelError, match="empty site"):
            empty_site(text)


def test_site_with_alkali_starts_from_the_relaxed_site():
    tasks = {t.key: t for t in binding_tasks("Co-N4@graphene", "Li", SETTINGS, relative=False)}
    site = prepare(tasks["site/Co-N4@graphene"], SETTINGS, {})
    relaxed = site.atoms()
    assert relaxed.get_initial_magnetic_moments().sum() == 1.0  # the table's moment of Co
    relaxed.positions += np.random.default_rng(0).normal(scale=0.02, size=(31, 3))
    moments = np.linspace(0, 0.5, 31)
    relaxed.arrays["moments_muB"] = moments
    result = TaskResult.from_dict({
        "key": site.key, "kind": "site", "status": "ok", "settings_digest": SETTINGS.digest,
        "level_of_theory": "L", "energy_eV": 0.0, "geometry": to_extxyz(relaxed),
    })  # fmt: skip
    key = "ads/Co-N4@graphene/Li/ring6"
    atoms = prepare(tasks[key], SETTINGS, {site.key: result}).atoms()
    assert atoms.symbols[-1] == "Li"
    assert atoms.positions[:31] == pytest.approx(relaxed.positions, abs=1e-6)
    assert atoms.get_initial_magnetic_moments() == pytest.approx([*moments, 0.0], abs=1e-6)
    metal = unmark(atoms.info["centre"])[0]
    assert atoms.symbols[metal] == "Co"
    assert 2.0 < atoms.get_distance(metal, 31, mic=True) < 3.2
    sharp = tasks[key].model_copy(
        update={"inputs": tasks[key].inputs.model_copy(update={"centre_moment_muB": 2.0})}
    )
    again = prepare(sharp, SETTINGS, {site.key: result}).atoms()
    assert again.get_initial_magnetic_moments()[metal] == 2.0
    assert np.abs(again.get_initial_magnetic_moments()).sum() == 2.0
    point = single_point_task(site.key, SETTINGS, kpts=(4, 4, 1))
    start = prepare(point, SETTINGS, {site.key: result}).atoms()
    assert start.get_initial_magnetic_moments() == pytest.approx(moments, abs=1e-6)


def test_prepare_names_what_is_missing():
    tasks = {t.key: t for t in binding_tasks("Co-N4@graphene", "Li", SETTINGS, relative=False)}
    task = tasks["ads/Co-N4@graphene/Li/ring6"]
    with pytest.raises(LabelError, match="no result yet"):
        prepare(task, SETTINGS, {})
    failed = TaskResult.failed(tasks["site/Co-N4@graphene"], "scf", "three mixers")
    with pytest.raises(LabelError, match="three mixers"):
        prepare(task, SETTINGS, {failed.key: failed})
    other = TaskResult.from_dict(failed.to_dict() | {
        "status": "ok", "energy_eV": 0.0, "settings_digest": "other",
    })  # fmt: skip
    with pytest.raises(LabelError, match="not mixed"):
        prepare(task, SETTINGS, {other.key: other})
    for key in ("bulk/Ga", "atom/Ge", "atom/Ce"):
        kind, symbol = key.split("/")
        task = tasks["atom/Li"].model_copy(update={
            "key": key, "kind": kind,
            "inputs": tasks["atom/Li"].inputs.model_copy(update={"element": symbol}),
        })  # fmt: skip
        if symbol != "Ge":
            with pytest.raises(LabelError, match=symbol):
                prepare(task, SETTINGS, {})
        else:
            assert prepare(task, SETTINGS, {}).atoms().get_initial_magnetic_moments().sum() == 2
    structure = build("Co-N4@graphene")
    with pytest.raises(SacmlError, match="the relaxed site holds"):
        on_relaxed(structure, build("Fe-N4@graphene").to_atoms())


def test_start_hessian_is_that_of_springs():
    structure = build("Co-N4@graphene", "Li").to_atoms()
    hessian = bond_springs(structure)
    assert hessian == pytest.approx(hessian.T)
    assert np.linalg.eigvalsh(hessian).min() > 1.0  # every direction is held
    n = len(structure)
    # moving all atoms together stretches no bond: the diagonal alone answers
    shift = np.tile([1.0, 0.0, 0.0], n)
    assert hessian @ shift == pytest.approx(1.5 * shift)
    blocks = [np.trace(hessian[3 * i : 3 * i + 3, 3 * i : 3 * i + 3]) for i in range(n)]
    carbon = np.mean([b for b, s in zip(blocks, structure.symbols, strict=True) if s == "C"])
    metal = blocks[list(structure.symbols).index("Co")]
    assert blocks[-1] < metal < carbon  # softest: the alkali


def test_a_relaxed_site_in_another_order_keeps_its_places():
    """A site that began from a structure made elsewhere: its own marks say what is the centre."""
    structure = build("Zr-N4@graphene")
    order = np.random.default_rng(0).permutation(len(structure.atoms))
    place = {int(old): new for new, old in enumerate(order)}
    relaxed = structure.atoms[order]
    relaxed.info = {
        "centre": mark(tuple(place[k] for k in structure.centre)),
        "shell": mark(tuple(place[k] for k in structure.shell)),
    }
    moved = on_relaxed(structure, relaxed)
    assert list(moved.atoms.symbols) == list(relaxed.symbols)
    assert {str(moved.atoms.symbols[k]) for k in moved.shell} == {"N"}
    assert moved.atoms.symbols[moved.centre[0]] == "Zr"
    mine, theirs = places(structure, "Li"), places(moved, "Li")
    assert [p.name for p in mine] == [p.name for p in theirs]
    relaxed.info = {}
    with pytest.raises(LabelError, match="the builder makes"):
        on_relaxed(structure, relaxed)
