"""The files of a report."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.image import imread

FIGURES = {
    "data_overview",
    "periodic_labels",
    "periodic_binding_Li",
    "periodic_binding_Na",
    *(f"{kind}_{t}" for kind in ("scores", "parity")
      for t in ("binding_energy", "nucleation_overpotential", "cycle_life")),
    "coverage",
    "proposals_Li",
    "proposals_Na",
}  # fmt: skip


def test_every_figure_is_there_and_not_blank(written):
    found = {p.stem: p for p in (written.parent / "figures").iterdir()}
    assert set(found) == FIGURES
    for name, path in found.items():
        pixels = imread(path)[..., :3]
        assert min(pixels.shape[:2]) > 200, name
        assert pixels.std() > 0.05, name
        # a frame without anything in it would leave the middle white
        rows, columns = pixels.shape[0] // 4, pixels.shape[1] // 4
        assert pixels[rows:-rows, columns:-columns].std() > 0.02, name


def test_the_report_is_one_file_of_a_sane_size(written):
    assert written.name == "report.html"
    assert 1e6 < written.stat().st_size < 9e6


def test_a_study_without_anything_still_gives_a_report(tmp_path):
    from sacml.reports import write_report
    from sacml.workflows.results import StudyResult

    empty = StudyResult(name="empty", config={}, datasets={}, evaluations={}, surrogates={})
    text = write_report(tmp_path, empty).read_text()
    assert 'id="about"' in text
    assert 'id="scores"' not in text
    assert not list((tmp_path / "figures").glob("*"))


@pytest.mark.parametrize("module", ["sacml.reports", "sacml.tracking"])
def test_importing_the_package_is_light(module):
    heavy = "{'matplotlib', 'plotly', 'jinja2', 'mlflow', 'torch', 'sklearn'}"
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_figures_do_not_touch_pyplot(study):
    code = (
        "import sys\n"
        "from sacml.reports import plots, style\n"
        "with style.styled():\n"
        "    style.new_figure(2, 2).subplots()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_style_is_put_back():
    import matplotlib

    from sacml.reports import style

    before = matplotlib.rcParams["axes.grid"]
    with style.styled():
        assert matplotlib.rcParams["axes.grid"] is True
    assert matplotlib.rcParams["axes.grid"] == before


def test_the_same_figure_gives_the_same_bytes(study, tmp_path):
    from sacml.reports import gather, style
    from sacml.reports.png_data import data_overview

    table = gather.records(study)
    with style.styled():
        first = style.save(data_overview(table), tmp_path / "a.png").read_bytes()
        second = style.save(data_overview(table), tmp_path / "b.png").read_bytes()
    assert first == second


def test_text_is_readable_on_its_background():
    from sacml.reports import style

    assert style.text_colour((0, 0, 0, 1)) == "white"
    assert style.text_colour((1, 1, 1, 1)) == style.INK
    assert np.unique([style.text_colour((g, g, g, 1)) for g in np.linspace(0, 1, 9)]).size == 2
