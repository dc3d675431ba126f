import numpy as np
import pytest
from ase.io import read, write

from sacml._resources import dataset_path
from sacml.domain import Candidate
from sacml.labels import LabelError, TaskResult, binding_tasks, metal_tasks, preset
from sacml.labels.campaign import Campaign
from sacml.labels.extxyz import unmark
from sacml.labels.measures import measure
from sacml.labels.relaxed_starts import begin_relaxed, read_relaxed
from sacml.labels.settings import ProtocolSettings

OWN = preset("pbe-pw340")
BUNDLED = dataset_path("dft", "structures.extxyz")
FRAMES = {a.info["key"]: a for a in read(BUNDLED, index=":")}


@pytest.fixture(scope="module")
def relaxed():
    return read_relaxed(BUNDLED)


def begun(site, relaxed, place="ring6", moments=(None,), settings=OWN):
    tasks = binding_tasks(site, "Li", settings, (place,), moments, relative=False)
    return {t.kind: begin_relaxed(t, relaxed, settings) for t in tasks}


def test_site_and_start_begin_where_the_dataset_ended(relaxed):
    found = begun("Fe-N4@graphene", relaxed)
    for kind, task in (
        ("site", "site/Fe-N4@graphene"),
        ("adsorption", "ads/Fe-N4@graphene/Li/ring6"),
    ):
        key = relaxed[task].info["key"]
        atoms, there = found[kind].atoms(), FRAMES[key]
        assert list(atoms.symbols) == list(there.symbols)
        assert atoms.positions == pytest.approx(there.positions, abs=1e-7)
        moments = atoms.get_initial_magnetic_moments()
        assert moments == pytest.approx(there.arrays["m"], abs=1e-7)
        (centre,) = unmark(atoms.info["centre"])
        assert atoms.symbols[centre] == "Fe"
        shell = unmark(atoms.info["shell"])
        assert [atoms.symbols[k] for k in shell] == ["N"] * 4
        assert atoms.get_distances(centre, list(shell), mic=True).max() < 2.0
    shape = measure(found["adsorption"].atoms(), found["site"].atoms())
    assert shape.largest_metal_bond_change_A == pytest.approx(0.01, abs=0.02)
    assert len(shape.metal_ligand_distances_A) == 4
    # references are no sites: theirs is made later
    assert found["atom"].inputs.structure is None


def test_a_moment_of_its_own_is_kept(relaxed):
    found = begun("Zr-N4@graphene", relaxed, "ring5", moments=(2.0,))
    for kind in ("site", "adsorption"):
        atoms = found[kind].atoms()
        moments = atoms.get_initial_magnetic_moments()
        assert dict(zip(atoms.symbols, moments, strict=True))["Zr"] == 2.0
        assert np.abs(moments).sum() == 2.0


def test_a_shell_of_other_elements_is_read_from_the_geometry(relaxed):
    atoms = begun("Co-N2C2(cis6)@graphene", relaxed)["site"].atoms()
    assert sorted(atoms.symbols[k] for k in unmark(atoms.info["shell"])) == ["C", "C", "N", "N"]


def test_sites_without_a_metal_begin_from_the_builder(relaxed):
    (task,) = [t for t in binding_tasks("@graphene", "Li", OWN) if t.kind == "site"]
    assert begin_relaxed(task, relaxed, OWN) is task


def test_what_is_not_there_is_named(relaxed):
    with pytest.raises(
        LabelError, match=r"Li/top1 to begin from; there are: ring5, ring6, top, ring6/m3\.0$"
    ):
        begun("Co-N4@graphene", relaxed, "top1")
    with pytest.raises(LabelError, match="site/Co-P4@graphene to begin from"):
        begun("Co-P4@graphene", relaxed)
    small = ProtocolSettings(repeat=(3, 3))
    with pytest.raises(LabelError, match="a larger cell"):
        begun("Co-N4@graphene", relaxed, settings=small)


def test_a_lost_shell_is_refused(relaxed):
    lost = relaxed["site/Co-N4@graphene"].copy()
    lost.symbols[list(lost.symbols).index("N")] = "C"
    with pytest.raises(LabelError, match="its shell is lost"):
        begun("Co-N4@graphene", {**relaxed, "site/Co-N4@graphene": lost})


def test_of_two_ends_the_lowest_is_taken(tmp_path):
    frames = [FRAMES["site/Fe/NNNN"].copy(), FRAMES["site/Fe/NNNN"].copy()]
    frames[1].info |= {"energy_eV": frames[0].info["energy_eV"] - 0.1, "key": "again"}
    for number, order in enumerate((frames, frames[::-1])):
        path = tmp_path / f"{number}.extxyz"
        write(path, order, format="extxyz")
        assert read_relaxed(path)["site/Fe-N4@graphene"].info["key"] == "again"


def test_structures_of_other_settings_are_nothing_to_begin_from(tmp_path, relaxed):
    """A wider cell holds more atoms, so that its energy would be the lowest."""
    key = "site/Ni-N4@graphene"
    wide = read_relaxed(BUNDLED)[key].repeat((2, 1, 1))
    wide.info |= {"energy_eV": -1e4, "fidelity": "dft_other_settings"}
    text = BUNDLED.read_text(encoding="utf-8")
    (tmp_path / "more.extxyz").write_text(text, encoding="utf-8")
    write(tmp_path / "more.extxyz", wide, append=True)
    assert len(read_relaxed(tmp_path / "more.extxyz")[key]) == len(relaxed[key])


def test_files_that_hold_none_are_named(tmp_path):
    with pytest.raises(LabelError, match="cannot read relaxed structures"):
        read_relaxed(tmp_path / "none.extxyz")
    path = tmp_path / "bare.extxyz"
    write(path, [FRAMES["site/none/gr"]], format="extxyz")
    with pytest.raises(LabelError, match="holds no relaxed site"):
        read_relaxed(path)


class Recorded:
    """Keeps the order that tasks come in."""

    def __init__(self):
        self.keys = []

    def run(self, task, settings, folder, attempt=0):
        self.keys.append(task.key)
        return TaskResult(
            key=task.key, kind=task.kind, status="ok", settings_digest=settings.digest,
            level_of_theory="recorded", energy_eV=0.0, geometry=task.inputs.structure,
            geometry_converged=True,
        )  # fmt: skip


@pytest.mark.parametrize("one_by_one", [True, False])
def test_candidates_may_be_completed_one_by_one(tmp_path, relaxed, one_by_one):
    engine = Recorded()
    pairs = [Candidate.parse(f"{m}-N4@graphene;Li") for m in ("Zr", "Fe")]
    with Campaign(tmp_path / "c", OWN, engine=engine) as campaign:
        _, refused = campaign.add_candidates(
            pairs, lambda site: ("ring5",) if site.centre == "Zr" else ("ring6",),
            relative=False, one_by_one=one_by_one, relaxed=relaxed,
        )  # fmt: skip
        campaign.run()
    assert refused == []
    zr, fe = "ads/Zr-N4@graphene/Li/ring5", "ads/Fe-N4@graphene/Li/ring6"
    sites = ["site/Zr-N4@graphene", "site/Fe-N4@graphene"]
    tasks = [sites[0], zr, sites[1], fe] if one_by_one else [*sites, zr, fe]
    assert engine.keys == ["atom/Li", "bulk/Li", *tasks]


def test_a_campaign_goes_on_though_lower_structures_are_known_by_now(tmp_path, relaxed):
    """The bundled structures grow; what was queued keeps its start, what is new takes the new."""
    zr, key = Candidate.parse("Zr-N4@graphene;Li"), "site/Zr-N4@graphene"
    moved = {k: a.copy() for k, a in relaxed.items()}
    for atoms in moved.values():
        atoms.positions += [0.0, 0.0, 0.25]
    with Campaign(tmp_path / "c", OWN, engine=Recorded()) as campaign:
        campaign.add_candidates([zr], ("ring5",), relative=False, relaxed=relaxed)
        before = {e.key: e.task() for e in campaign.queue}
        new, refused = campaign.add_candidates(
            [zr, Candidate.parse("Fe-N4@graphene;Li")],
            lambda site: ("ring5",) if site.centre == "Zr" else ("ring6",),
            relative=False, relaxed=moved,
        )  # fmt: skip
        after = {e.key: e.task() for e in campaign.queue}
    assert (new, refused) == (2, [])
    assert {k: after[k] for k in before} == before
    fe = after["site/Fe-N4@graphene"].atoms().positions
    assert fe == pytest.approx(moved["site/Fe-N4@graphene"].positions, abs=1e-6)
    assert after[key].atoms().positions == pytest.approx(relaxed[key].positions, abs=1e-6)


def test_the_bulk_of_every_metal_comes_before_the_atoms():
    keys = [t.key for t in metal_tasks(["Co", "Te", "Al"], OWN)]
    assert keys == ["bulk/Co", "bulk/Te", "bulk/Al", "atom/Co", "atom/Al"]
