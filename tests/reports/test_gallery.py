import base64
import re

import pytest

from sacml.errors import SacmlError
from sacml.reports.gallery import Entry, Gallery, Picture, Section, degree, render, write_gallery
from sacml.structures import build


@pytest.fixture(scope="module")
def structures():
    cited = build("Co-N4@graphene", "Li", "ring6")
    return cited, cited.with_note("Flat & free <of charge>."), build("Co-N4@n_doped_carbon")


@pytest.fixture(scope="module")
def gallery(structures):
    cited, noted, stand_in = structures
    own = Entry(
        "graphene", "sheet", ("One note.",), (Picture(cited), Picture(noted, ("too close",)))
    )
    other = Entry("n_doped_carbon", pictures=(Picture(stand_in),), refused=(("Co-N2@x", "why"),))
    return Gallery(
        (Section("Hosts", (own,)), Section("Borrowed", (other,), "a text")),
        (("n_doped_carbon", "it borrows graphene"),),
        "Everything",
        (("hosts", "1"),),
    )


def test_degree(structures):
    assert [degree(s)[0] for s in structures] == ["cited", "ideal", "standin"]
    assert degree(structures[1])[1] == "idealised in 1 respect"


def test_page_is_whole_and_says_it_all(gallery, tmp_path):
    text = write_gallery(tmp_path / "new" / "index.html", gallery).read_text(encoding="utf-8")
    images = re.findall(r'src="([^"]+)"', text)
    assert len(images) == 3
    for image in images:
        assert base64.b64decode(image.removeprefix("data:image/png;base64,"))[:4] == b"\x89PNG"
    assert not re.search(r'(href|src)="(?!#|data:)', text)
    for words in ("Everything", "One note.", "a text", "it borrows graphene", "too close", "why"):
        assert words in text
    assert "Flat &amp; free &lt;of charge&gt;." in text


def test_figures_and_refusals(gallery):
    text = render(gallery)
    cards = re.findall(r"<b>(\d+)</b><span>([^<]+)</span>", text)
    found = {label: value for value, label in cards}
    assert found == {
        "hosts": "1", "structures": "3", "as cited": "1", "idealised": "1",
        "of stand-in hosts": "1", "hold every check": "2", "not built": "1",
    }  # fmt: skip
    assert gallery.refused == (("n_doped_carbon", "Co-N2@x", "why"),)


def test_what_all_pictures_share_is_said_once(structures):
    noted = structures[1]
    page = render(
        Gallery((Section("s", (Entry("e", pictures=(Picture(noted), Picture(noted))),)),))
    )
    assert page.count("Flat &amp; free") == 1
    assert page.count(noted.host_source[:30]) == 1


def test_an_empty_gallery_is_refused(tmp_path):
    with pytest.raises(SacmlError, match="empty"):
        write_gallery(tmp_path / "a.html", Gallery(()))
