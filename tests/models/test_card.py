from synthetic import dataset

from sacml.evaluation import evaluate
from sacml.models import fit_surrogate
from sacml.models.card import model_card


def test_the_card_prints_the_facts():
    data = dataset()
    evaluation = evaluate(data, "cycle_life", ["constant", "ridge"],
                          ["leave_one_source_out", "random"])  # fmt: skip
    found = fit_surrogate(data, "cycle_life", "ridge", "sac", 0, evaluation)
    card = model_card(found)
    best = evaluation.best()
    assert best.sentence in card
    scores = evaluation.scores
    rows = scores[(scores["split"] == best.split) & (scores["rows"] == best.rows)]
    assert len(rows) == 4
    for _, row in rows.iterrows():
        assert f"| {row['model']} | {row['trained_on']} | {row['n_records']} |" in card
        assert f"{row['mae']:.3f} ({row['mae_low']:.3f} to {row['mae_high']:.3f})" in card
        assert f"| {row['coverage']:.2f} |" in card
    bounds = found.facts["records"]["by_bound"]
    assert f"lower {bounds['lower']} ({100 * bounds['lower'] / 30:.0f} %)" in card
    assert f"{100 * 0.9:g} % interval" in card
    for name, split in evaluation.splits.items():
        assert f"`{name}` ({len(split)} folds, sha256 {split.digest[:12]})" in card
    for word in ("Intended use", "Limits", "Licence", "CC-BY-4.0", found.version, "metals seen: "):
        assert word in card


def test_a_model_without_evaluation_says_so():
    card = model_card(fit_surrogate(dataset(), "cycle_life", "constant"))
    assert "**Evaluation.** None was given." in card
    assert "the interval is infinite: 0 held-out groups are too few" in card
