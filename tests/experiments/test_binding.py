"""The study of the binding energy keeps what it holds out, and its kept predictions."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sacml.data import training_records
from sacml.data.splits import Fold
from sacml.errors import SacmlError
from sacml.models.described import Described

sys.path.insert(0, str(Path(__file__).parents[2] / "experiments"))
import binding

D = Described.of(training_records(binding.TARGET).records, binding.TARGET)
SITE = np.array([str(r.site) for r in D.records])
KIND = np.array([r.alkali for r in D.records])


def label(site, alkali):
    (row,) = np.flatnonzero((site == SITE) & (alkali == KIND))
    return row


def test_the_shift_of_other_sites_by_hand():
    asked, known = label("Co-N4@graphene", "K"), label("Co-N4@graphene", "Li")
    pairs = [(label(f"{m}-N4@graphene", "K"), label(f"{m}-N4@graphene", "Li")) for m in ("Fe", "V")]
    train = np.array([known, *np.ravel(pairs), label("Al-N4@graphene", "Li")])
    shift = np.mean([D.y[k] - D.y[li] for k, li in pairs])
    fold = Fold(train, np.array([asked]), "x")
    assert binding._shifted(D, SITE, KIND, fold) == pytest.approx(D.y[known] + shift)
    # with Na of the same site the two answers are averaged; Na teaches no shift of Li
    sodium = [label(f"{m}-N4@graphene", "Na") for m in ("Co", "Fe", "V")]
    more = Fold(np.append(train, sodium), np.array([asked]), "x")
    other = D.y[sodium[0]] + np.mean([D.y[k] - D.y[s] for (k, _), s in
                                      zip(pairs, sodium[1:], strict=True)])  # fmt: skip
    found = binding._shifted(D, SITE, KIND, more)
    assert found == pytest.approx((D.y[known] + shift + other) / 2)


def test_a_further_alkali_is_asked_and_taught_as_said(monkeypatch):
    seen = {}

    def remember(d, folds, groups, variant):
        seen.setdefault(variant.name, []).append(folds)
        return np.zeros(len(d)), np.zeros(len(d))

    monkeypatch.setattr(binding, "hold_out", remember)
    table = binding.alkali(0)
    n = table.groupby("judged_on")["n_records"].first()
    every, alone = seen["ridge"]
    assert n.to_dict() == {"known: every other alkali": len(every), "known: Li alone": len(alone)}
    held = D.is_sac
    several = [i for i in np.flatnonzero(held) if (held & (SITE[i] == SITE)).sum() > 1]
    assert sorted(int(f.test[0]) for f in every) == several
    for fold in every:  # every other site, and this site with its other alkalis
        assert set(fold.train) == set(np.flatnonzero(held)) - {int(fold.test[0])}
    for fold in alone:
        (i,) = fold.test
        assert KIND[i] != "Li"
        assert KIND[fold.train[SITE[fold.train] == SITE[i]]].tolist() == ["Li"]


def test_kept_predictions_are_held_against_labels_that_came_since(tmp_path):
    site = SITE[D.is_sac][0]
    kept = pd.DataFrame({"site": [site, "Au-N4@graphene"], "alkali": ["Li", "Li"],
                         **{name: [-1.0, -1.0] for name in binding.AHEAD}})  # fmt: skip
    found = binding.check(kept)
    assert found["site"].tolist() == [site]
    assert found["error_ridge"].iloc[0] == pytest.approx(abs(-1 - D.y[label(site, "Li")]), abs=1e-4)
    with pytest.raises(SacmlError, match="none of the kept predictions has a label yet"):
        binding.check(kept.iloc[1:])


def test_kept_predictions_are_not_made_again(tmp_path, monkeypatch):
    (tmp_path / "binding_ahead.csv").write_text("site\n")
    monkeypatch.setattr(sys, "argv", ["binding.py", "ahead", "--out", str(tmp_path)])
    with pytest.raises(SacmlError, match="made before their labels"):
        binding.main()


def test_kept_predictions_meet_the_labels_of_a_loop(tmp_path):
    kept = pd.DataFrame({"site": ["Mo-N3@graphene"] * 2, "alkali": ["K", "Li"],
                         **{key: [-1.0, -2.0] for key in binding.AHEAD}})  # fmt: skip
    loop = tmp_path / "loop.csv"
    loop.write_text("site,alkali,label_eV\nMo-N3@graphene,K,-1.25\nMo-N3@graphene,Li,\n")
    found = binding.check(kept, loop)
    assert found["alkali"].tolist() == ["K"]
    assert found[f"error_{binding.AHEAD[0]}"].tolist() == [0.25]
