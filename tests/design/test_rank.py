import json

import numpy as np
import pytest

from sacml.design import KnownSystems, Space, rank
from sacml.errors import DesignError

LIMITS = {"reported_single": ["N4", "N2O2"], "reported_dual": ["N6"]}


@pytest.fixture
def space():
    return Space.default(
        "Na", metals=["Fe", "Co", "Ni", "Zn", "Mn", "Pt"], hosts=["graphene", "c2n"],
        constraints={**LIMITS, "exclude_metals": ["Pt"]},
    )  # fmt: skip


@pytest.fixture
def result(space, surrogates, objectives, known):
    return rank(space, surrogates, objectives, known=known, keep=10)


def test_counts_add_up(space, result):
    assert result.n_ranked == space.size()
    assert result.n_ranked + result.refused.total() == result.n_declared
    assert len(result) + result.passed_over.total() == result.n_ranked
    assert "metal Pt excluded" in result.refused


def test_order_and_diversity(result):
    scores = [p.score for p in result]
    assert scores == sorted(scores, reverse=True)
    assert [p.rank for p in result] == list(range(1, len(result) + 1))
    by_centres = {}
    for p in result:
        by_centres.setdefault(p.candidate.site.metals, []).append(p.candidate.site)
    for sites in by_centres.values():
        assert len(sites) <= 2
        if len(sites) == 2 and sites[0].host == sites[1].host:
            assert sites[0].shell.distance(sites[1].shell) > 1


def test_score_is_the_weighted_geometric_mean(result, objectives):
    for p in result:
        counting = [o for o in objectives if o.name not in result.not_discriminating]
        logs = sum(o.weight * np.log(p.desirability[o.name]) for o in counting)
        assert p.score == pytest.approx(np.exp(logs / sum(o.weight for o in counting)), abs=1e-7)


def test_the_best_is_the_best_of_all(space, surrogates, objectives, result):
    from sacml.design.search.scoring import Scorer

    scorer = Scorer(objectives, surrogates, 0.9, 0.5)
    scorer.counts = tuple(o.name not in result.not_discriminating for o in objectives)
    everything = scorer(space.rows(np.arange(space.size())))
    assert result[0].score == everything.score.max()


def test_what_does_not_discriminate_is_said_and_left_out(result):
    assert result.not_discriminating == ("overpotential",)
    assert any("Does not discriminate" in n and "overpotential" in n for n in result.notes)
    assert any("does not tell the candidates apart" in s for s in result[0].uncertain)
    assert not any("overpotential" in s for s in result[0].why)


def test_no_surrogate_discriminates(space, surrogates, objectives, known, synthetic):
    constant = {t: synthetic(t, lambda t: np.full(len(t), 50.0)) for t in surrogates}
    found = rank(space, constant, objectives, known=known, keep=3)
    assert set(found.not_discriminating) == {"binding", "overpotential", "life"}
    assert any("element properties alone" in n for n in found.notes)
    found = rank(space, constant, objectives[:1], known=known, keep=3)
    assert any("closeness to known systems alone" in n for n in found.notes)
    assert str(found[0].candidate.site) == "Co-N2O2(cis5)@graphene"


def test_deterministic_and_free_of_the_chunk(space, surrogates, objectives, known, result):
    again = rank(space, surrogates, objectives, known=known, keep=10, chunk=17)
    assert again.to_dict() == result.to_dict()


def test_out_of_domain_is_marked_counted_and_penalised(space, surrogates, objectives, known):
    settings = {"known": known, "keep": 500, "per_metal": 500}
    harsh = rank(space, surrogates, objectives, domain_penalty=0.1, **settings)
    lenient = rank(space, surrogates, objectives, domain_penalty=1.0, **settings)
    outside = [p for p in harsh if not p.in_domain]
    assert outside
    assert harsh.out_of_domain == lenient.out_of_domain
    assert any("domain of the cycle_life model" in n and "times 0.1" in n for n in harsh.notes)
    for p in outside:
        assert any("outside the domain" in s and "an odd one" in s for s in p.uncertain)
        same = next(q for q in lenient if q.candidate.site.metals == p.candidate.site.metals)
        assert p.desirability["life"] < 0.11
        assert p.score < same.score


def test_in_domain_only_refuses_the_others(space, surrogates, objectives, known):
    found = rank(space, surrogates, objectives, known=known, keep=10, in_domain_only=True)
    assert all(p.in_domain for p in found)
    reason = "outside the domain of the cycle_life model"
    assert found.refused[reason] == found.out_of_domain["cycle_life"] > 0
    assert found.n_ranked + found.refused.total() == found.n_declared


def test_known_systems_are_marked_or_left_out(space, surrogates, objectives, known):
    settings = {"known": known, "keep": 500, "per_metal": 500}
    found = rank(space, surrogates, objectives, **settings)
    marked = [p for p in found if p.is_known]
    assert any(n.startswith(f"{len(marked)} of the {len(found)} proposals") for n in found.notes)
    assert {r for p in marked for s in p.known_as for r in s.record_ids} >= {"A-1", "E-1"}
    without = rank(space, surrogates, objectives, include_known=False, **settings)
    assert not any(p.is_known for p in without)
    # Co-N4, the three isomers of Zn-N2O2, Fe+Ni-N6
    assert without.refused["already labelled or reported"] == 5
    assert without.n_ranked + without.refused.total() == without.n_declared


def test_nearest_and_reasons(result):
    for p in result:
        assert p.why
        assert all(s.endswith(".") for s in (*p.why, *p.uncertain))
        assert p.nearest is not None
        assert p.facts["price_usd_per_kg"] > 0


def test_progress(space, surrogates, objectives, known):
    seen = []
    rank(space, surrogates, objectives, known=known, chunk=100,
         on_chunk=lambda done, total: seen.append((done, total)))  # fmt: skip
    assert seen[-1] == (space.size(), space.size())
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.parametrize("after", [0, 2])
def test_interrupt_returns_what_was_ranked(space, surrogates, objectives, known, after):
    def stop(done, total):
        if done >= after * 100:
            raise KeyboardInterrupt

    found = rank(space, surrogates, objectives, known=known, chunk=100, keep=5, on_chunk=stop)
    assert found.partial
    assert found.n_ranked == max(after, 1) * 100
    assert len(found) == 5
    assert f"Interrupted after {found.n_ranked:,} of {space.size():,}" in found.notes[0]
    assert found.to_dict()["partial"] is True


def test_interrupt_before_the_first_chunk(space, surrogates, objectives, known, synthetic):
    def stop(table):
        raise KeyboardInterrupt

    surrogates["binding_energy"] = synthetic("binding_energy", stop)
    found = rank(space, surrogates, objectives, known=known)
    assert found.partial
    assert len(found) == 0
    assert found.frame().empty


def test_unbounded_intervals_are_counted(space, surrogates, objectives, known, synthetic):
    surrogates["cycle_life"] = synthetic("cycle_life", surrogates["cycle_life"].value, np.inf)
    found = rank(space, surrogates, objectives, known=known, keep=3)
    assert "life" in found.not_discriminating
    assert any("predictions of cycle_life have no bounds" in n for n in found.notes)
    assert found.to_dict()["proposals"][0]["predictions"]["cycle_life"]["upper"] is None


def test_short_lists_say_so(space, surrogates, objectives, known):
    found = rank(space, surrogates, objectives, known=known, keep=1000)
    assert len(found) < 1000
    assert any("of 1000 wanted proposals" in n for n in found.notes)


def test_surrogates_without_objective_are_shown(space, surrogates, objectives, known):
    found = rank(space, surrogates, objectives[:1], known=known, keep=2)
    assert set(found[0].predictions) == set(surrogates)


def test_frame_csv_and_dict(result, tmp_path):
    frame = result.frame()
    assert len(frame) == len(result)
    assert {"site", "binding_energy_eV", "binding_energy_eV_lower", "cycle_life_h_upper",
            "cycle_life_in_domain", "desirability: cost", "price_usd_per_kg", "known_records",
            "nearest_known", "why", "uncertain"} <= set(frame.columns)  # fmt: skip
    first = result.to_csv(tmp_path / "a" / "p.csv").read_bytes()
    assert first == result.to_csv(tmp_path / "q.csv").read_bytes()
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert data["schema"] == "sacml.proposals/2"
    assert data["objectives"][1]["counts"] is False
    assert data["proposals"][0]["site"] == str(result[0].candidate.site)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"keep": 0}, "keep = 0"),
        ({"per_metal": 0}, "per_metal = 0"),
        ({"chunk": 0}, "chunk = 0"),
        ({"domain_penalty": 0}, "domain_penalty = 0"),
        ({"domain_penalty": 2}, "domain_penalty = 2"),
        ({"level": 90}, "level = 90"),
    ],
)
def test_wrong_options_are_named(space, surrogates, objectives, known, options, words):
    with pytest.raises(DesignError, match=words):
        rank(space, surrogates, objectives, known=known, **options)


def test_objective_without_model_and_empty_space(space, surrogates, objectives):
    del surrogates["cycle_life"]
    with pytest.raises(DesignError, match="without a model: life"):
        rank(space, surrogates, objectives, known=KnownSystems(()))
    empty = space.replace(constraints={**LIMITS, "max_price_usd_per_kg": 0.01})
    with pytest.raises(DesignError, match="is empty"):
        rank(empty, surrogates, objectives[:1], known=KnownSystems(()))


def test_missing_price_is_scored_as_the_worst_and_said(
    space, surrogates, objectives, known, monkeypatch
):
    from sacml.design import supply

    real = supply.value
    monkeypatch.setattr(
        supply,
        "value",
        lambda s, p: np.nan if p == "price_usd_per_kg" and s == "Zn" else real(s, p),
    )
    found = rank(space, surrogates, objectives, known=known, keep=100, per_metal=5)
    zinc = [p for p in found if "Zn" in p.candidate.site.metals]
    assert zinc
    for p in zinc:
        assert p.facts["price_usd_per_kg"] is None
        assert p.desirability["cost"] == pytest.approx(0.1)
        assert any(s.startswith("cost: not known") for s in p.uncertain)
