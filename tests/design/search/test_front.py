import numpy as np
import pytest

from sacml.design import KnownSystems, rank
from sacml.design.search.front import LAYERS, Front, hypervolume, peel


def streamed(points, size):
    """Fronts of points taken in pieces; position is the row."""
    n = np.arange(len(points))
    front = Front.empty(points.shape[1])
    for start in range(0, len(points), size):
        some = slice(start, start + size)
        zero = np.zeros(len(points[some]), dtype=np.int64)
        front = front.merged(Front.of(points[some], zero, n[some], n[some], points[some, 0]))
    return front


def brute(points):
    """Peel fronts by comparing each with each."""
    unique = np.unique(np.round(points, 8), axis=0)
    layers, left = [], np.arange(len(unique))
    for _ in range(LAYERS):
        p = unique[left]
        worse = (p[:, None] <= p[None]).all(-1) & (p[:, None] < p[None]).any(-1)
        best = ~worse.any(axis=1)
        layers.append(unique[left[best]])
        left = left[~best]
    return layers


@pytest.mark.parametrize("size", [7, 100, 10**6])
@pytest.mark.parametrize("m", [1, 2, 4, 6])
@pytest.mark.parametrize("levels", [4, 10**6])
def test_streamed_fronts_are_those_of_all_against_all(size, m, levels):
    points = np.random.default_rng(m).integers(0, levels, (600, m)) / levels
    found = streamed(points, size)
    for layer, expected in enumerate(brute(points), start=1):
        mine = found.points[found.layer == layer]
        assert np.array_equal(np.unique(mine, axis=0), np.unique(expected, axis=0))
        assert len(mine) == len(expected)
    # of equal points the one with the smallest key, however it was cut
    for point, position in zip(found.points, found.position, strict=True):
        assert position == np.flatnonzero((np.round(points, 8) == point).all(axis=1))[0]


def zdt1(n=101, levels=6):
    """ZDT1 (Zitzler, Deb, Thiele 2000) on a grid, as gains 1 - f; its front is f2 = 1 - sqrt f1."""
    f1, g = np.meshgrid(np.linspace(0, 1, n), np.linspace(1, 2, levels))
    f2 = g * (1 - np.sqrt(f1 / g))
    return np.stack([1 - f1.ravel(), 1 - f2.ravel()], axis=1), (g == 1).ravel()


def dtlz2(n=20, levels=4):
    """DTLZ2 with three objectives on a grid; its front is the unit sphere."""
    a, b, g = np.meshgrid(*[np.linspace(0, np.pi / 2, n)] * 2, np.linspace(0, 1, levels))
    r = 1 + g
    f = np.stack([r * np.cos(a) * np.cos(b), r * np.cos(a) * np.sin(b), r * np.sin(a)], axis=-1)
    return 2 - f.reshape(-1, 3), (g == 0).ravel()


@pytest.mark.parametrize("problem", [zdt1, dtlz2])
def test_known_fronts_are_found(problem):
    points, on_front = problem()
    order = np.random.default_rng(1).permutation(len(points))
    found = streamed(points[order], 97)
    first = found.points[found.layer == 1]
    true = np.unique(np.round(points[on_front], 8), axis=0)
    # where the grid meets an axis, points of another radius are weakly dominated only
    assert {tuple(p) for p in first} <= {tuple(p) for p in true}
    assert len(first) >= 0.95 * len(true)


def test_hypervolume_of_a_known_front():
    points, _ = zdt1(n=4001)
    volume, exact = hypervolume(np.maximum(points[peel(points, 1) == 1], 0))
    # below the curve 1 - f2 = sqrt f1 lies an area of 2/3
    assert exact
    assert volume == pytest.approx(2 / 3, abs=1e-3)


def test_hypervolume_in_many_objectives_is_approximated_well():
    rng = np.random.default_rng(0)
    cubes = np.eye(7)[:1] * 0 + 0.5
    assert hypervolume(cubes)[0] == pytest.approx(0.5**7, rel=0.02)
    few = rng.random((20, 6))
    many = np.vstack([few, np.repeat(few * 0.5, 60, axis=0)])
    exact, approximate = hypervolume(few), hypervolume(many)
    assert exact[1]
    assert not approximate[1]
    assert approximate[0] == pytest.approx(exact[0], rel=0.02)


def test_nothing_has_no_volume():
    assert hypervolume(np.empty((0, 3))) == (0.0, True)
    assert Front.empty(2).merged(Front.empty(2)).first.size == 0


def test_objectives_that_tell_nothing_apart_leave_one_point(small_space, surrogates, objectives):
    found = rank(small_space, surrogates, objectives[1:2], known=KnownSystems(()), chunk=50)
    assert found.not_discriminating == ("overpotential",)
    assert (found.n_front, len(found.front), found.hypervolume) == (1, 1, 0.0)
    assert found.front[0].values == {}


def test_ranking_reports_the_front_of_all_candidates(small_space, surrogates, objectives, known):
    found = rank(
        small_space, surrogates, objectives, known=known, keep=400, per_metal=400, chunk=37
    )
    again = rank(small_space, surrogates, objectives, known=known, chunk=10**6)
    from sacml.design.search.scoring import Scorer

    scorer = Scorer(objectives, surrogates, 0.9, 0.5)
    scorer.probe(small_space.rows(np.arange(small_space.size())))
    table = small_space.rows(np.arange(small_space.size()))
    points = scorer(table).desirability[:, np.flatnonzero(scorer.counts)]
    layers = brute(points)
    assert found.n_front == again.n_front == len(layers[0])
    assert found.hypervolume == again.hypervolume == pytest.approx(hypervolume(layers[0])[0])
    assert [p.candidate for p in found.front] == [p.candidate for p in again.front]
    on_front = {str(table.candidate(int(i))) for i in np.flatnonzero(peel(np.round(points, 8), 1))}
    assert {p.candidate for p in found.front} <= on_front
    # what scores best beats everything in something
    assert found.front[0].score == found[0].score
    assert found[0].front == 1
    for p in found:
        assert (p.front == 1) == (str(p.candidate) in on_front)
    listed = {str(p.candidate) for p in found}
    assert all(p.in_list == (p.candidate in listed) for p in found.front)


def test_values_of_the_front_stand_in_their_units(small_space, surrogates, objectives, known):
    found = rank(small_space, surrogates, objectives, known=known)
    by_text = {str(p.candidate): p for p in found}
    points = [p for p in found.front if p.in_list]
    assert points
    for point in points:
        proposal = by_text[point.candidate]
        assert point.values["binding"] == proposal.predictions["binding_energy"].value
        assert point.values["cost"] == proposal.facts["price_usd_per_kg"]
        assert "overpotential" not in point.values  # it does not tell the candidates apart
