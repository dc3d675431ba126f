"""What to label next, on records as the loop has them."""

from dataclasses import replace

import numpy as np
import pytest

from sacml.data import Record
from sacml.design import Objective, binding_window
from sacml.design.acquisition import FEWEST, next_batch
from sacml.design.acquisition.goals import Goal
from sacml.design.acquisition.task import Task
from sacml.domain import Candidate, Conditions, Site
from sacml.errors import DesignError
from sacml.features import CandidateTable

METALS = ("Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn")
STRONG = Objective(name="binding", kind="target", quantity="binding_energy", direction="low",
                   low=-3.0, high=0.0, unit="eV")  # fmt: skip
CHEAP = Objective(name="cost", kind="element", quantity="price_usd_per_kg", direction="low",
                  low=1.0, high=1e4, unit="USD/kg", scale="log10")  # fmt: skip


def label(site, value, alkali="Li", **more):
    return Record(
        record_id=f"T/{site}/{alkali}/{value}", site=Site.parse(site), alkali=alkali,
        target="binding_energy", value=value, reference="atom", level_of_theory="PBE",
        fidelity="dft_own", **more,
    )  # fmt: skip


def n4(metal):
    return f"{metal}-N4@graphene"


@pytest.fixture
def pool():
    sites = [n4(m) for m in (*METALS, "Ru", "Pt", "Sc")]
    return CandidateTable.from_columns(sites, ["Li"] * len(sites))


@pytest.fixture
def records():
    """Binding falls from Ti to Cu in a line."""
    return [label(n4(m), -2.6 + 0.2 * i) for i, m in enumerate(METALS) if m not in ("V", "Zn")]


def sites(batch):
    return [str(c.site) for c in batch.candidates]


@pytest.mark.parametrize("strategy", ["expected_improvement", "upper_confidence", "greedy"])
def test_what_continues_the_trend_is_asked_for_first(pool, records, strategy):
    """Sc and V flank Ti, the strongest; Zn lies at the weak end."""
    batch = next_batch(pool, records, [STRONG], 2, strategy=strategy)
    assert n4("Zn") not in sites(batch)
    assert {n4("Sc"), n4("V")} & set(sites(batch))


def test_the_same_seed_gives_the_same_batch(pool, records):
    for strategy in ("expected_improvement", "random"):
        for model in ("gaussian_process", "extra_trees"):
            first, second = (
                next_batch(pool, records, [STRONG], 3, strategy=strategy, model=model, seed=4)
                for _ in range(2)
            )
            assert first == second
    drawn = {next_batch(pool, records, [STRONG], 3, strategy="random", seed=s).rows
             for s in range(6)}  # fmt: skip
    assert len(drawn) > 1


def test_what_is_labelled_or_pending_is_never_asked_for(pool, records):
    everything = next_batch(pool, records, [STRONG], 99, strategy="exploration")
    assert set(sites(everything)) == {n4(m) for m in ("V", "Zn", "Ru", "Pt", "Sc")}
    assert everything.n_pool == 5
    assert everything.n_labels == 7
    pending = [everything.candidates[0]]
    left = next_batch(pool, records, [STRONG], 99, strategy="exploration", pending=pending)
    assert set(sites(left)) == set(sites(everything)) - {str(pending[0].site)}
    assert left.n_pending == 1
    assert "1 pending label" in left.picks[0].reason


def test_a_pending_label_changes_the_batch_like_a_pick(pool, records):
    whole = next_batch(pool, records, [STRONG], 3, strategy="exploration")
    rest = next_batch(pool, records, [STRONG], 2, strategy="exploration",
                      pending=[whole.candidates[0]])  # fmt: skip
    assert rest.rows == whole.rows[1:]
    assert rest.picks[0].acquisition == pytest.approx(whole.picks[1].acquisition, rel=1e-6)


def test_pending_at_other_conditions_or_out_of_the_pool_counts(pool, records):
    pending = [Candidate(Site.parse(n4("V")), "Li", Conditions(current_density_mA_cm2=1.0)),
               Candidate(Site.parse(n4("Os")), "Li")]  # fmt: skip
    batch = next_batch(pool, records, [STRONG], 99, pending=pending)
    assert n4("V") not in sites(batch)
    assert n4("Os") not in sites(batch)
    assert max(batch.rows) < len(pool)


def test_a_failed_label_is_not_asked_for_again_but_teaches_nothing(pool, records):
    failed = label(n4("V"), -9.0, not_for_fit="not converged")
    batch = next_batch(pool, [*records, failed], [STRONG], 99)
    assert n4("V") not in sites(batch)
    assert batch.n_labels == len(records)
    expected = {p.candidate: p.expected for p in next_batch(pool, records, [STRONG], 99).picks}
    assert all(p.expected == expected[p.candidate] for p in batch.picks)


def test_labels_of_another_alkali_teach_but_are_not_what_is_to_be_beaten(pool, records):
    sodium = [label(n4(m), -0.2 - 0.2 * i, "Na") for i, m in enumerate(METALS)]
    batch = next_batch(pool, sodium, [STRONG], 3, strategy="greedy")
    assert batch.n_labels == len(sodium)
    assert len(batch.picks) == 3
    # with one Li label the improvement is over it, not over the stronger ones with Na
    weak = next_batch(pool, [*sodium, label(n4("Ti"), -0.1)], [STRONG], 1, strategy="greedy")
    assert weak.picks[0].acquisition > 0


def test_a_window_wants_the_middle_not_the_strongest(pool, records):
    window = Objective(name="w", kind="target", quantity="binding_energy", direction="window",
                       low=-1.25, high=-0.8, unit="eV")  # fmt: skip
    batch = next_batch(pool, records, [window], 1, strategy="expected_improvement")
    assert sites(batch) == [n4("Zn")]
    assert "wanted between -1.25 and -0.8 eV, of which the chance is" in batch.picks[0].reason
    assert "another one in the window" in batch.picks[0].reason  # Cu lies inside
    more = next_batch(pool, records, [window], 1, top=5).picks[0].reason
    assert "nearer to the window than number 5 of the labels" in more


def test_costs_change_the_order_and_are_told(pool, records):
    plain = next_batch(pool, records, [STRONG], 2, strategy="exploration")
    costs = np.ones(len(pool))
    costs[plain.rows[0]] = 50.0
    priced = next_batch(pool, records, [STRONG], 2, strategy="exploration", costs=costs)
    assert plain.rows[0] not in priced.rows
    assert "It costs 1 core-hours." in priced.picks[0].reason
    assert priced.acquisition_unit == "eV per core-hour"
    assert priced.cost == 2.0
    assert plain.cost is None


def test_several_objectives_are_weighed_by_hypervolume(pool, records):
    batch = next_batch(pool, records, [STRONG, CHEAP], 2, strategy="hypervolume")
    assert batch.acquisition_unit == "share of the hypervolume"
    assert sites(batch)[0] == n4("V")  # next to the strongest, and cheap
    assert not {n4("Ru"), n4("Pt")} & set(sites(batch))  # dear


def test_a_label_of_another_target_neither_teaches_nor_bars(pool, records):
    other = Record(record_id="T/life", site=Site.parse(n4("V")), alkali="Li",
                   target="cycle_life", value=500.0)  # fmt: skip
    assert next_batch(pool, [*records, other], [STRONG], 9) == next_batch(
        pool, records, [STRONG], 9
    )


def test_the_front_holds_only_what_is_labelled_for_all_targets(pool, records):
    """Ti, the strongest, has no label of its stability: it bars nobody from the front."""
    stable = Objective(name="stable", kind="target", quantity="metal_stability", direction="low",
                       low=-4.0, high=0.0, unit="eV")  # fmt: skip
    held = [replace(r, record_id=f"{r.record_id}/held", target="metal_stability", reference=None)
            for r in records if n4("Ti") != str(r.site)]  # fmt: skip
    task = Task.of(pool, [*records, *held], [STRONG, stable], [])
    assert sorted(task.known()[:, 0]) == sorted(r.value for r in held)
    batch = next_batch(pool, [*records, *held], [STRONG, stable], 2, strategy="hypervolume")
    assert set(batch.picks[0].expected) == {"binding_energy", "metal_stability"}


@pytest.mark.parametrize("direction", ["low", "high", "window"])
def test_a_gap_in_the_element_table_counts_as_the_worst(monkeypatch, direction):
    monkeypatch.setattr("sacml.design.acquisition.task.of_centres", lambda *_: np.array([np.nan]))
    wanted = CHEAP.replace(direction=direction)
    pool = CandidateTable.from_columns([n4("Fe")], ["Li"])
    known = Task.of(pool, [], [STRONG, wanted], []).of_objective(wanted, {})
    assert Goal.of(wanted).share(known.mean).tolist() == [0.0]


@pytest.mark.parametrize("n_labels", range(FEWEST))
def test_with_too_few_labels_the_batch_is_spread_over_the_pool(pool, records, n_labels):
    batch = next_batch(pool, records[:n_labels], [STRONG], 4)
    assert batch.strategy == "spread"
    assert len(set(batch.rows)) == 4
    assert not {str(r.site) for r in records[:n_labels]} & set(sites(batch))
    assert all(p.expected == {} and "too few labels" in p.reason for p in batch.picks)
    if n_labels:  # far from what is labelled, not next to the middle of the pool
        assert batch.picks[0].acquisition > 1


def test_random_needs_no_label_and_tells_what_is_expected_once_it_can(pool, records):
    blind = next_batch(pool, [], [STRONG], 2, strategy="random")
    told = next_batch(pool, records, [STRONG], 2, strategy="random")
    assert blind.picks[0].expected == {}
    assert told.picks[0].expected["binding_energy"].unit == "eV"


def test_the_reason_says_what_no_label_has_met(pool, records):
    by_site = {str(p.candidate.site): p.reason
               for p in next_batch(pool, records, [STRONG], 99).picks}  # fmt: skip
    assert "Nothing with Pt was ever labelled." in by_site[n4("Pt")]
    sodium = CandidateTable.from_columns(["Fe-N3@graphene", n4("Fe")], ["Na", "Na"])
    first, second = sorted(next_batch(sodium, records, [STRONG], 2).picks, key=lambda p: p.row)
    assert "Nothing was ever labelled with Na. No label has the shell N3." in first.reason
    assert "shell" not in second.reason
    lithium = CandidateTable.from_columns(["Fe-N4@graphene", "Fe+Co-N6@graphene"], ["Li", "Li"])
    pick = next_batch(lithium, [*records, label("Fe+Co-N6@graphene", -1.0)], [STRONG], 9)
    assert pick.picks == ()
    assert "asking model (gaussian_process) expects" in first.reason
    assert "is unsure by" in first.reason


def test_what_stands_twice_is_asked_for_once(pool, records):
    twice = CandidateTable.concat([pool, pool])
    batch = next_batch(twice, records, [STRONG], 99, strategy="greedy")
    assert len(sites(batch)) == len(set(sites(batch))) == 5


def test_an_unknown_shell_can_be_asked_about(records):
    pool = CandidateTable.from_columns(["Pt-?@graphene", n4("Pt")], ["Li", "Li"])
    assert len(next_batch(pool, records, [STRONG], 5).picks) == 2


def test_expectations_are_what_a_label_is_to_be_held_against(pool, records):
    """The interval holds the noise of a label, and does not shrink with the picks before."""
    batch = next_batch(pool, records, [STRONG], 5, strategy="exploration")
    alone = {
        p.candidate: p.expected["binding_energy"]
        for k in range(5)
        for p in next_batch(pool.take([batch.rows[k]]), records, [STRONG], 1).picks
    }
    task = Task.of(pool, records, [STRONG], [])
    found = task.fitted("gaussian_process", 0)["binding_energy"]
    for pick in batch.picks:
        e = pick.expected["binding_energy"]
        wide = np.sqrt(found.variance[pick.row] + found.noise)
        assert (e.value - e.lower, e.upper - e.value) == pytest.approx((wide, wide))
        assert (e.value, e.upper) == pytest.approx(
            (alone[pick.candidate].value, alone[pick.candidate].upper)
        )


def test_the_default_window_works_on_the_bundled_labels():
    from sacml.data import training_records

    pool = CandidateTable.from_columns([n4("Nb"), n4("Ag")], ["Na", "Na"])
    batch = next_batch(pool, training_records("binding_energy").records, [binding_window("Na")], 1)
    assert batch.picks[0].expected["binding_energy"].value < 0


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"n": 0}, "n = 0: 1 or more"),
        ({"top": 0}, "top = 0"),
        ({"costs": [1.0]}, "costs of shape"),
        ({"strategy": "best"}, "unknown strategy 'best'"),
        ({"model": "ridge"}, "unknown model of an acquisition 'ridge'"),
        ({"objectives": []}, "no objective is of a target"),
        ({"objectives": [STRONG, CHEAP]}, "takes one objective"),
        ({"objectives": [STRONG], "strategy": "hypervolume"}, "two objectives or more"),
    ],
)
def test_bad_input_is_refused_in_words(pool, records, change, text):
    given = {"objectives": [STRONG], "n": 1} | change
    with pytest.raises((DesignError, ValueError), match=text):
        next_batch(pool, records, given.pop("objectives"), given.pop("n"), **given)


def test_a_pool_too_large_is_refused_with_the_way_out(pool, records, monkeypatch):
    monkeypatch.setattr("sacml.design.acquisition.choice.MOST", 5)
    with pytest.raises(DesignError, match=r"pool of 12 candidates.*sacml\.design\.rank"):
        next_batch(pool, records, [STRONG], 1)


def test_mixed_levels_of_theory_are_refused(pool, records):
    other = replace(label(n4("Pd"), -1.0), level_of_theory="PBE+U")
    with pytest.raises(ValueError, match="level"):
        next_batch(pool, [*records, other], [STRONG], 1)
