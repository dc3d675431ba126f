import pytest

from sacml._resources import dataset_path
from sacml.data import load_dataset
from sacml.data.cards import BEGIN, END, counts_table, update_card
from sacml.errors import SacmlError


@pytest.mark.parametrize(("folder", "names"), [("literature", ("literature", "series")),
                                               ("dft", ("dft",))])  # fmt: skip
def test_cards_print_the_counts_of_the_data(folder, names):
    text = dataset_path(folder, "README.md").read_text(encoding="utf-8")
    printed = text.split(BEGIN)[1].split(END)[0].strip()
    assert printed == "\n\n".join(counts_table(load_dataset(n)) for n in names)


def test_a_card_without_marks_is_refused(tmp_path):
    card = tmp_path / "README.md"
    card.write_text("# card\n")
    with pytest.raises(SacmlError, match="marks"):
        update_card(card, [])
