"""The page of proposals: whole, self-contained, escaped, and with the numbers of the answer."""

import io
import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from reports.proposals_answers import EVIL, SITES, answer
from reports.test_html import Reader

from sacml.reports.proposals_page import Model, Page, Site

SECTIONS = {"answer", "question", "list", "front", "metals", "known", "window", "left-out",
            "worth", "repeat"}  # fmt: skip


def png(width=600, height=700):
    from PIL import Image

    buffer = io.BytesIO()
    Image.effect_noise((width, height), 40).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def page_of(found, **more):
    picture = png(40, 40)
    sites = {
        p.rank: Site(f"0{p.rank}_{p.candidate.site}", picture=picture, facts=("37 atoms.",),
                     files=("structure.cif", "POSCAR", "vasp/"))
        for p in found
    }  # fmt: skip
    if len(found):
        sites[len(found)] = Site(None, "the pore is too small")
    made = {
        "asked": (("Highest price", "50 USD per kg"), ("Space", EVIL)),
        "models": (Model("binding_energy", "screen", "ridge, 0.1.0+aa", "It beats a constant.",
                         "dft 1234"),),
        "sites": sites,
        "made_with": (("element table", "abcdef"),),
        "command": "sacml propose Li --out answer",
        "space": 'alkali = "Li"',
    }  # fmt: skip
    return Page(found=found, **{**made, **more})


def words_of(read):
    return re.sub(r"\s+", " ", " ".join(read.text))


def reader(text):
    made = Reader()
    made.feed(text)
    made.close()
    return made


@pytest.fixture(scope="module")
def page():
    return page_of(answer()).render()


@pytest.fixture(scope="module")
def own(page):
    """The page without plotly.js."""
    from plotly.offline import get_plotlyjs

    assert page.count(get_plotlyjs()) == 1, "plotly.js is inside, and once"
    return page.replace(get_plotlyjs(), "")


@pytest.fixture(scope="module")
def read(own):
    return reader(own)


@pytest.fixture(scope="module")
def text(read):
    return words_of(read)


def test_page_is_well_formed_and_its_contents_lead_to_every_section(read):
    assert read.mismatches == []
    assert read.stack == []
    assert len(read.ids) == len(set(read.ids))
    anchors = {v[1:] for tag, _, v in read.links if tag == "a" and v.startswith("#")}
    assert SECTIONS | {f"p{i}" for i in (1, 2, 3, 4)} <= anchors <= set(read.ids)


def test_nothing_is_loaded_from_anywhere(read, own):
    assert "http://" not in own
    assert "https://" not in own
    assert "url(" not in "".join(read.styles)
    for tag, _, value in read.links:
        if tag != "a":
            assert value.startswith("data:")
        elif not value.startswith("#"):  # files beside the page
            assert re.match(r"0\d_[^/:]+/", value)


def test_texts_of_others_are_escaped(own, text):
    assert EVIL not in own
    assert own.count("<script>alert") == 0
    assert EVIL in text


def test_every_proposal_has_its_score_targets_reasons_and_files(text, own):
    for i, site in enumerate(SITES, start=1):
        assert f"{i} {site}" in text
        assert f"Score {0.7 - 0.05 * i:.3f}" in text
        assert f"Helped by binding energy of number {i}." in text
    assert "−1.60 eV (−2.60 to −0.600)" in text
    assert "1,379 h (558 or more) , outside the domain" in text.replace("),", ") ,")
    assert text.count("Helped by being cheap, as all.") == 1, "what all share is said once"
    assert 'href="01_Ca-C4%40graphene/structure.cif"' in own
    assert own.count("data:image/png") == 3
    assert "Not built: the pore is too small" in text
    assert "2.21 USD per kg of metal; abundance not known; not critical in the EU" in text


def test_refine_stands_beside_screen_with_how_far_they_are(text):
    assert "Refine −3.10 eV (−3.50 to −2.70), inside the domain; 1.40 eV apart, outside" in text
    assert "was asked 1 times; 1 of its answers lies outside" in text
    assert "0.600 (0.410)" in text, "score by both in the short list"


def test_front_holds_the_list_the_dominated_and_no_gaps_in_disguise(own):
    source = re.search(r'id="front-data">(.*?)</script>', own, re.DOTALL)
    data = json.loads(source[1], parse_constant=pytest.fail)
    assert [a["name"] for a in data["axes"]] == ["binding energy", "cost", "criticality"]
    assert data["axes"][0]["window"] == [-2.1, -1.2]
    assert data["axes"][1]["log"]
    assert data["axes"][2]["yesno"]
    by_name = {p["name"]: p for p in data["points"]}
    assert {by_name[s]["rank"] for s in SITES} == {1, 2, 3, 4}
    assert [by_name[s]["front"] for s in SITES] == [True, True, False, True]
    assert by_name["Mn-N4@graphene"] == {
        "name": "Mn-N4@graphene", "score": 0.4, "rank": 0, "front": True, "v": [-1.7, None, 1.0],
    }  # fmt: skip
    assert len(data["points"]) == 5, "a proposal on the front is drawn once"


def test_map_known_systems_window_and_refusals(text, own):
    drawn = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), own)
    assert "<b>Ca</b><br>0.65" in drawn
    assert "<b>Zn</b>°<br>0.50" in drawn, "its best site lies outside the domain"
    assert "Pt SAs/In2S3/Ti3C2" in text
    assert "would be 3,100" in text
    assert "host in2s3 is not in the space" in text
    assert "The 1 sites that only our own labels hold" in text
    assert "−0.3 eV 3 of 4 Ti-N4@graphene Zn-N2C2(cis6)@graphene" in text
    assert "price above 50 USD/kg refused 700" in text
    assert "A note of the ranking." in text
    assert "17 are" in text
    assert "32.1%" in text


def test_question_evidence_and_how_to_repeat_it(text):
    for words in ("Highest price 50 USD per kg", "It beats a constant.", "ridge, 0.1.0+aa",
                  "from dft 1234", "element table abcdef", "sacml propose Li --out answer",
                  'alkali = "Li"', "3 mA cm⁻², 3 mAh cm⁻²; not stated: temperature"):  # fmt: skip
        assert words in text


def test_a_partial_answer_says_so_and_a_whole_one_does_not(text):
    assert "Partial." not in text
    partial = page_of(answer(partial=True)).render()
    assert 'role="alert"><b>Partial.</b>' in partial
    assert "not that these are the best of the space" in partial.lower()


def test_an_answer_without_proposals_or_findings_is_a_page_too():
    found = answer(items=(), front=(), best_by_metal={}, known_ranks=(), shifts=(),
                   refused=Counter(), passed_over=Counter(), notes=())  # fmt: skip
    text = page_of(found).render()
    read = reader(text)
    assert read.stack == []
    words = words_of(read)
    for said in ("Nothing was proposed", "No metal was ranked", "none was moved",
                 "Nothing was left out"):  # fmt: skip
        assert said in words
    assert len(text) < 100_000, "no figure, no plotly.js"


def test_many_pictures_stay_below_six_megabytes():
    found = answer()
    items = tuple(replace(found[i % 3], rank=i + 1) for i in range(20))
    # noise compresses worse than any drawing
    sites = {i: Site("x", picture=png(300, 300)) for i in range(1, 21)}
    text = page_of(answer(items=items), sites=sites).render()
    assert len(text.encode()) < 6_000_000
    assert 5 < text.count("data:image/png") < 20, "the first ones have theirs"
