import pytest

from sacml.data import training_records
from sacml.data.data_card import data_card
from sacml.domain import PRIMARY


@pytest.mark.parametrize("target", PRIMARY)
def test_the_card_counts_what_is_held(target):
    dataset = training_records(target)
    card = data_card(dataset)
    n = len(dataset)
    assert f"{n} records" in card
    for bound, count in {b: k for (_, b), k in dataset.counts().items()}.items():
        share = 100 * count / n
        assert f"- {bound} (" in card
        assert f"): {count} ({share:.0f} %)" in card
    stated = [r.conditions.current_density_mA_cm2 for r in dataset]
    stated = [v for v in stated if v is not None]
    span = f", {min(stated):g} to {max(stated):g}" if stated else ""
    assert f"- current_density_mA_cm2: {len(stated)} of {n}{span}" in card
    assert "CC-BY-4.0" in card
    assert ("Level of theory" in card) == (target == "binding_energy")


def test_own_labels_have_a_licence_of_their_own():
    card = data_card(training_records("binding_energy"), bundled=False)
    assert "CC-BY" not in card
    assert "theirs to state" in card
