"""Figures of the page of proposals: places on the strips, and the best of each metal."""

import math
import re
from dataclasses import replace

import pytest
from reports.proposals_answers import COST, CRITICAL, answer, life, prediction

from sacml.reports.proposals_front import STRIP_WIDTH, Strips, best_scores, best_values, trade_offs


def places(svg, pattern):
    return [float(x) for x in re.findall(pattern, svg)]


def test_a_strip_keeps_the_order_of_the_values():
    strip = Strips("binding_energy", answer())
    p = prediction(-1.6, 0.3)
    svg = strip.draw(p, prediction(-1.0))
    ((low, high),) = re.findall(r'class="span" x1="([\d.]+)" x2="([\d.]+)"', svg)
    low, high = float(low), float(high)
    (dot,) = places(svg, r'cx="([\d.]+)"')
    (second,) = places(svg, r'class="second" d="M([\d.]+)')
    assert 0 < low < dot < second <= STRIP_WIDTH
    assert dot < high < second
    assert dot - low == pytest.approx(high - dot, abs=0.2), "a linear scale"
    assert "dot open" not in svg
    assert "dot open" in strip.draw(prediction(-1.6, inside=False))


def test_infinite_ends_lie_at_the_edge_and_nothing_outside():
    strip = Strips("cycle_life", answer())
    svg = strip.draw(life(upper=math.inf))
    assert f'x2="{STRIP_WIDTH}' in svg
    numbers = places(svg, r'(?:x|x1|x2|cx|width)="([\d.-]+)"')
    assert all(0 <= x <= STRIP_WIDTH for x in numbers)


def test_a_window_is_drawn_where_it_lies():
    strip = Strips("binding_energy", answer())
    ((x, width),) = re.findall(r'wish" x="([\d.]+)" width="([\d.]+)"', strip.draw(prediction(-1.6)))
    x, width = float(x), float(width)
    assert x == strip.place(-2.1)
    assert x + width == pytest.approx(strip.place(-1.2), abs=0.11)


def test_fewer_than_two_objectives_have_nothing_to_trade():
    names = tuple(o.name for o in answer().objectives)
    assert trade_offs(answer(not_discriminating=names[1:])) is None
    assert trade_offs(answer(not_discriminating=names[2:])) is not None


def test_a_scale_is_logarithmic_only_where_every_value_allows_it():
    found = answer(objectives=(COST, CRITICAL), not_discriminating=())
    assert [a["log"] for a in trade_offs(found)["axes"]] == [True, False]
    free = replace(found[0], facts={**found[0].facts, "price_usd_per_kg": 0.0})
    assert not trade_offs(replace(found, items=(free, *found.items[1:])))["axes"][0]["log"]


def test_best_of_each_metal_with_what_lies_outside_of_what_counts():
    scores, outside = best_scores(answer())
    assert scores.to_dict() == {"Ca": 0.65, "Zn": 0.5}
    assert outside == {"Zn"}, "its binding energy, which counts"
    objective, values = best_values(answer())
    assert objective.name == "binding energy"
    assert values.to_dict() == {"Ca": -1.6, "Zn": -1.9}
    alike = {m: replace(b, predictions=answer()[0].predictions)
             for m, b in answer().best_by_metal.items()}  # fmt: skip
    assert best_values(answer(best_by_metal=alike)) is None, "one value for all is no map"
