"""Parity panels: bounds, intervals without end, nothing scored."""

import numpy as np
import pandas as pd
import pytest

from sacml.domain import TARGETS
from sacml.reports import style
from sacml.reports.png_models import MARKERS, draw_parity

ROWS = pd.DataFrame(
    {
        "observed": [100.0, 1000.0, 500.0, 50.0],
        "predicted": [200.0, 300.0, 400.0, 500.0],
        "lower": [50.0, 30.0, np.nan, 0.0],
        "upper": [900.0, np.inf, np.nan, np.inf],
        "bound": ["reported", "lower", "failure", "upper"],
        "is_sac": [True, True, False, True],
        "alkali": ["Li", "Na", None, "K"],
    }
)


def draw(rows, name="cycle_life"):
    with style.styled():
        figure = style.new_figure(3, 3)
        axes = figure.subplots()
        draw_parity(axes, rows, TARGETS[name])
        figure.canvas.draw()
    return axes


def test_every_point_is_drawn_at_its_place_with_the_marker_of_its_bound():
    axes = draw(ROWS)
    points = {}
    for collection in axes.collections:
        offsets = np.asarray(collection.get_offsets())
        if hasattr(collection, "get_sizes") and len(offsets):
            points |= {tuple(o): len(collection.get_paths()[0].vertices) for o in offsets}
    at = np.column_stack([np.log10(ROWS["observed"]), np.log10(ROWS["predicted"])])
    for place in map(tuple, at):
        assert any(np.allclose(place, p) for p in points)
    # a triangle has fewer corners than a circle
    reported = next(n for p, n in points.items() if np.isclose(p[0], 2.0))
    lower = next(n for p, n in points.items() if np.isclose(p[0], 3.0))
    assert lower < reported
    assert (MARKERS["lower"], MARKERS["upper"]) == (">", "<")


def test_intervals_without_end_run_to_the_frame_and_are_counted():
    axes = draw(ROWS)
    segments = [s for c in axes.collections for s in getattr(c, "get_segments", list)()]
    assert len(segments) == 3  # one interval is not known
    low, high = axes.get_ylim()
    ends = np.array([s[:, 1] for s in segments])
    assert np.isfinite(ends).all()
    assert (ends[:, 1] == high).sum() == 2
    assert (ends[:, 0] == low).sum() == 1
    assert any("2 intervals without end" in t.get_text() for t in axes.texts)


def test_axes_are_in_the_unit():
    labels = [t.get_text() for t in draw(ROWS).get_xticklabels()]
    assert "100" in labels
    assert "1,000" in labels


@pytest.mark.parametrize("name", ["nucleation_overpotential", "cycle_life", "binding_energy"])
def test_nothing_scored_is_said(name):
    axes = draw(ROWS.iloc[:0], name)
    assert any("nothing was scored" in t.get_text() for t in axes.texts)


def test_zeros_are_drawn_on_the_scale_that_keeps_them():
    rows = ROWS.assign(observed=0.0, lower=0.0)
    axes = draw(rows, "nucleation_overpotential")
    assert axes.get_xlim()[0] <= 0
