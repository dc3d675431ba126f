"""The HTML file: self-contained, escaped, and with the numbers of the frames."""

import re
from html.parser import HTMLParser

import pytest

from sacml.reports import gather

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Reader(HTMLParser):
    """Collects attributes, text outside of scripts, tables, and checks that tags are closed."""

    def __init__(self):
        super().__init__()
        self.stack, self.links, self.ids, self.tables, self.scripts = [], [], [], [], 0
        self.text, self.styles = [], []
        self.mismatches = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.links += [(tag, k, v) for k, v in attrs if k in ("src", "href", "srcset", "data")]
        self.mismatches += [f"{tag} {k}" for k, _ in attrs if k.startswith("on")]
        if "id" in given:
            self.ids.append(given["id"])
        self.scripts += tag == "script"
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append([given.get("data-v"), ""])
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.mismatches.append(tag)

    def handle_data(self, data):
        if "style" in self.stack:
            self.styles.append(data)
        elif "script" not in self.stack:
            self.text.append(data)
            if self.stack and {"td", "th"} & set(self.stack):
                self.tables[-1][-1][-1][1] += data


@pytest.fixture(scope="module")
def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


def test_tags_are_closed_and_ids_are_unique(read):
    assert read.mismatches == []
    assert read.stack == []
    assert len(read.ids) == len(set(read.ids))


def test_every_section_is_there_and_the_contents_lead_to_them(read):
    wanted = {"about", "data", "periodic", "scores", "parity", "coverage", "proposals",
              "configuration"}  # fmt: skip
    assert wanted <= set(read.ids)
    anchors = [v[1:] for tag, _, v in read.links if tag == "a"]
    assert wanted <= set(anchors)
    assert set(anchors) <= set(read.ids)


def test_nothing_is_loaded_from_anywhere(read, page):
    assert all(v.startswith(("#", "data:")) for _, _, v in read.links)
    css = "".join(read.styles)
    assert "url(" not in css
    assert "@import" not in css
    own = page.replace(_plotly(page), "")
    assert "http://" not in own
    assert "https://" not in own
    assert 'type="module"' not in own


def _plotly(page):
    from plotly.offline import get_plotlyjs

    assert page.count(get_plotlyjs()) == 1, "plotly.js must be there once"
    return get_plotlyjs()


def test_texts_of_the_user_are_escaped(page, read, study):
    own = page.replace(_plotly(page), "")
    assert '<script>alert("x")' not in own
    assert "<b>study</b>" not in own
    # they are there, as text: in the configuration and among the known systems
    text = "".join(read.text)
    assert '<script>alert("x")</script> & co' in text
    assert "quick <b>study</b>" in text
    # plotly.js, one per figure, our own: a name of a material opened no other
    assert own.count("<script>alert") == 0
    figures = own.count("Plotly.newPlot(")
    assert read.scripts == 2 + figures


def test_numbers_of_the_score_tables_equal_the_frame(read, study):
    tables = [t for t in read.tables if t and t[0] and t[0][0][1] == "Model"]
    wanted = []
    for evaluation in study.evaluations.values():
        for split in gather.split_names(evaluation):
            wanted += [gather.scores(evaluation, split), gather.scores(evaluation, split, "all")]
    assert len(tables) == len(wanted)
    for table, frame in zip(tables, wanted, strict=True):
        heads = [text for _, text in table[0]]
        at = {name: i for i, h in enumerate(heads) for name in ("MAE", "Against", "Coverage")
              if h.startswith(name)}  # fmt: skip
        assert len(table) - 1 == len(frame)
        for row, (_, score) in zip(table[1:], frame.iterrows(), strict=True):
            assert float(row[at["MAE"]][0]) == score["mae"]
            assert row[at["MAE"]][1].startswith(f"{score['mae']:.3f}")
            assert float(row[at["Against"]][0]) == score["delta_constant"]
            assert float(row[at["Coverage"]][0]) == score["coverage"]
            assert row[at["Coverage"]][1] == f"{100 * score['coverage']:.0f}"


def test_the_best_model_is_marked_once_per_table(read):
    tables = [t for t in read.tables if t[0][0][1] == "Model"]
    for table in tables:
        assert ["best" in row[0][1] for row in table[1:]] == [True] + [False] * (len(table) - 2)


def test_proposals_say_why_and_what_is_uncertain(read, study):
    tables = [t for t in read.tables if t[0][0][1] == "Rank"]
    assert len(tables) == len(study.proposals)
    frame = study.proposals["Li"].frame()
    assert [row[1][1].removesuffix("known") for row in tables[0][1:]] == list(frame["site"])
    assert "Binds in the wanted window." in tables[0][1][-1][1]
    assert "No record of this shell" in tables[0][1][-1][1]
    assert "or more" in tables[0][3][3][1]  # the interval without end, in words
    assert "not known" in tables[0][1][6][1]  # a price that the table does not have


def test_left_out_and_digests_are_listed(read, study):
    text = "".join(read.text)
    assert "price above 50 USD per kg" in text
    assert "near-duplicate of a better one" in text
    assert "ab" * 32 in text
    assert re.search(r"# nothing is not set", text)
