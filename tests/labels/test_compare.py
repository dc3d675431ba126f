import pytest

from sacml.labels.campaign import Campaign
from sacml.labels.compare import BUNDLED, Variant, compare
from sacml.labels.protocol import binding_tasks
from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import TaskResult

BASE = ProtocolSettings(name="base", engine="ase:fake:Fake")
OTHER = ProtocolSettings(name="other", engine="ase:fake:Fake", relax_kpts=(2, 2, 1))
PAIR = ("Co-N4@graphene", "Li")
SITE = "Co-N4@graphene"
ENERGIES = {
    "atom/Li": -1.0, "bulk/Li": -2.5, f"site/{SITE}": -100.0, f"ads/{SITE}/Li/ring6": -103.0,
    f"ads/{SITE}/Li/ring5": -102.9,
}  # fmt: skip


class Given:
    """Energies by key; what is not in the table fails."""

    def __init__(self, energies):
        self.energies = energies

    def run(self, task, settings, folder, attempt=0):
        if task.key not in self.energies:
            return TaskResult.failed(task, "bad_input", f"{task.key} was made to fail")
        return TaskResult(
            key=task.key, kind=task.kind, status="ok", settings_digest=settings.digest,
            level_of_theory="fake", energy_eV=self.energies[task.key], moment_muB=1.0,
            geometry=task.inputs.structure, geometry_converged=True,
        )  # fmt: skip


@pytest.fixture
def variant(tmp_path):
    def make(name, settings, energies, moments=(None,), stop_after=None):
        tasks = binding_tasks(*PAIR, settings, ("ring6", "ring5"), moments, relative=False)
        with Campaign(tmp_path / name, settings, engine=Given(energies)) as campaign:
            campaign.add(tasks)
            campaign.run(stop_after=stop_after)
            return Variant.of(name, campaign.queue)

    return make


def test_change_is_the_difference_of_the_labels(variant):
    base = variant("base", BASE, ENERGIES)
    other = variant("other", OTHER, ENERGIES | {f"ads/{SITE}/Li/ring5": -103.25})
    first, second = compare([PAIR], base, [other], {PAIR: -1.95})
    assert first.binding_energy_eV == pytest.approx(-2.0)
    assert (first.against, first.state) == (BUNDLED, "computed")
    assert first.change_eV == pytest.approx(-0.05)  # the repeat through the whole builder
    assert second.binding_energy_eV == pytest.approx(-2.25)
    assert (second.against, second.starts, second.state) == ("base", 2, "computed")
    assert second.change_eV == pytest.approx(-0.25)
    assert second.site_change_eV is None  # other settings: total energies say nothing


def test_more_starts_of_the_same_settings_lower_the_label_of_both(variant):
    """A second magnetic state whose bare site lies lower, and whose alkali binds more weakly."""
    base = variant("base", BASE, ENERGIES)
    spin = variant("spin", BASE, {
        "atom/Li": -1.0, "bulk/Li": -2.5, f"site/{SITE}/m3.0": -100.4,
        f"ads/{SITE}/Li/ring6/m3.0": -102.0, f"ads/{SITE}/Li/ring5/m3.0": -101.0,
    }, moments=(3.0,))  # fmt: skip
    _, change = compare([PAIR], base, [spin])
    assert change.site_change_eV == pytest.approx(-0.4)
    # lowest site of both (-100.4), lowest start of both (-103.0): not the label of either alone
    assert change.binding_energy_eV == pytest.approx(-1.6)
    assert change.change_eV == pytest.approx(0.4)
    assert change.starts == 4


def test_what_is_not_computed_is_a_row_with_its_reason(variant):
    base = variant("base", BASE, ENERGIES)
    failing = variant("failing", OTHER, {k: e for k, e in ENERGIES.items() if "site/" not in k})
    part = variant("part", OTHER, {k: e for k, e in ENERGIES.items() if "ring5" not in k})
    waiting = variant("waiting", OTHER, ENERGIES, stop_after=0)
    nothing = Variant("nothing", "", {}, {})
    rows = compare([PAIR, ("Fe-N4@graphene", "Li")], base, [failing, part, waiting, nothing])
    said = {(r.variant, r.site): r for r in rows}
    row = said["failing", SITE]
    assert (row.binding_energy_eV, row.change_eV, row.against) == (None, None, "")
    assert "0 of 3 tasks done" in row.state
    assert "was made to fail" in row.state
    row = said["part", SITE]  # one start of two: a value, and what it lacks
    assert row.change_eV == pytest.approx(0.0)
    assert "2 of 3 tasks done" in row.state
    assert said["waiting", SITE].state == "0 of 3 tasks done"
    assert said["nothing", SITE].state == "not begun"
    assert said["base", "Fe-N4@graphene"].state == "not queued"


def test_the_bundled_label_stands_in_for_a_base_that_is_not_computed(variant):
    base = Variant("base", "", {}, {})
    rows = compare([PAIR], base, [variant("other", OTHER, ENERGIES)], {PAIR: -1.9})
    assert rows[0].state == "not begun"
    assert rows[1].against == BUNDLED
    assert rows[1].change_eV == pytest.approx(-0.1)


def test_a_variant_that_computed_nothing_does_not_show_the_base(variant):
    base = variant("base", BASE, ENERGIES)
    spin = variant("spin", BASE, {}, moments=(3.0,), stop_after=0)
    assert compare([PAIR], base, [spin])[1].binding_energy_eV is None


def test_other_moments_without_the_base_are_said_to_stand_alone(variant):
    """Their own label is no lowest of both states: the base or the dataset is needed for that."""
    spin = variant("spin", BASE, {
        "atom/Li": -1.0, "bulk/Li": -2.5, f"site/{SITE}/m3.0": -100.4,
        f"ads/{SITE}/Li/ring6/m3.0": -102.0, f"ads/{SITE}/Li/ring5/m3.0": -101.0,
    }, moments=(3.0,))  # fmt: skip
    nothing = Variant("base", "", {}, {})
    _, alone = compare([PAIR], nothing, [spin], {PAIR: -1.95}, BASE.digest)
    assert "not the lowest of both" in alone.state
    _, other = compare([PAIR], nothing, [spin], {PAIR: -1.95}, OTHER.digest)
    assert other.state == "computed"
