"""The plots of the DFT dataset show every label once, and say which ones are not settled."""

import pandas as pd
import pytest

from sacml._resources import dataset_path
from sacml.reports import dataset_labels, style
from sacml.reports.dataset_engines import cheap_engines


@pytest.fixture(scope="module")
def binding():
    return pd.read_csv(dataset_path("dft", "binding.csv"))


def points(axes):
    """Number of filled and of open marks drawn as data."""
    filled = opened = 0
    for line in axes.lines:
        if line.get_linestyle() == "None" and len(line.get_xdata()):
            if line.get_markerfacecolor() == "white":
                opened += len(line.get_xdata())
            else:
                filled += len(line.get_xdata())
    return filled, opened


@pytest.mark.parametrize(("name", "only"), [("per_metal", "N4"), ("per_shell", None)])
def test_every_label_is_drawn_once(binding, name, only):
    labels = dataset_labels.labels_of(binding)
    mine = labels if only is None else labels[labels["shell"] == only]
    with style.styled():
        (axes,) = getattr(dataset_labels, name)(binding).axes
    ruled = int(mine["meets_rule"].sum())
    assert points(axes) == (ruled, len(mine) - ruled)


def test_the_panels_per_alkali_show_the_same_sites(binding):
    labels = dataset_labels.labels_of(binding)
    with style.styled():
        panels = dataset_labels.per_alkali(binding).axes
    assert len(panels) == 3
    assert {sum(points(axes)) for axes in panels} == {int((labels["shell"] == "N4").sum())}


def test_the_lowest_start_of_a_pair_stands_at_zero(binding):
    with style.styled():
        (axes,) = dataset_labels.starts(binding).axes
    dots, crosses = (
        [x for line in axes.lines if line.get_marker() == kind for x in line.get_xdata()]
        for kind in ("o", "x")
    )
    several = binding[binding["n_starts"] > 1]
    assert len(dots) + len(crosses) == len(several)
    assert min(dots) == 0
    # below the label: the metal left, or was on its way
    assert max(crosses) < 0
    assert len(crosses) >= (~several["shell_kept"]).sum() > 0
    assert dots.count(0.0) == int(several["lowest_of_starts"].sum())


def test_stability_is_drawn_for_every_site_that_has_one():
    table = pd.DataFrame({
        "site": ["Os-N4@graphene", "Co-N4@graphene", "Fe-N4@graphene"],
        "metal_stability_eV": [0.99, None, -1.64],
    })  # fmt: skip
    with style.styled():
        (axes,) = dataset_labels.stability(table).axes
    (dots,) = (c for c in axes.collections if hasattr(c, "get_sizes") and len(c.get_sizes()))
    assert dots.get_offsets().tolist() == [[-1.64, 0.0], [0.99, 1.0]]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["Fe-N4", "Os-N4"]
    held, lost = dots.get_facecolors()
    assert tuple(held) != tuple(lost)


def test_engines_have_a_panel_each(binding):
    table = pd.read_csv(dataset_path("dft", "cheap_engines.csv"))
    with style.styled():
        figure = cheap_engines(table, binding)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert len(titles) == len(table[["engine", "mode"]].drop_duplicates())
    assert "GFN1-xTB, single point" in titles


def test_practice_rows_and_other_settings_are_no_labels(binding):
    other = binding.copy()
    other["fidelity"] = "dft_other_settings"
    assert len(dataset_labels.labels_of(pd.concat([binding, other]))) == len(
        dataset_labels.labels_of(binding)
    )
