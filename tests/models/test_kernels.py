import numpy as np
import pytest
from sklearn.gaussian_process import kernels

from sacml.models.kernels import EXPONENTIAL, LINEAR, RBF, SumKernel, comparisons

rng = np.random.default_rng(0)
A, B = rng.normal(size=(7, 4)), rng.normal(size=(5, 4))
MEMBER = np.array([[1, 1, 0, 0], [0, 0, 0, 1], [1, 0, 1, 1], [0, 0, 1, 0]], dtype=bool)
FORM = np.array([RBF, LINEAR, RBF, EXPONENTIAL])
LENGTH = np.array([1.5, 1.0, 0.7, 0.6])
KERNEL = SumKernel(MEMBER, FORM, np.array([0.5, 2.0, 0.1, 0.8]), LENGTH, 0.3)


def library(A, B):
    """The same sum by scikit-learn; a length grows with the root of the number of columns."""
    one = 0.5 * kernels.RBF(1.5 * np.sqrt(2))(A[:, :2], B[:, :2])
    two = 2.0 * kernels.DotProduct(0)(A[:, 3:], B[:, 3:])
    three = 0.1 * kernels.RBF(0.7 * np.sqrt(3))(A[:, [0, 2, 3]], B[:, [0, 2, 3]])
    four = 0.8 * kernels.Matern(2 * 0.6**2, nu=0.5)(A[:, 2:3], B[:, 2:3])
    return 0.3 + one + two + three + four


def test_a_sum_of_blocks_equals_the_library():
    assert KERNEL(A, B) == pytest.approx(library(A, B), abs=1e-12)


def test_the_variance_at_a_row_is_the_diagonal():
    assert KERNEL.at(A) == pytest.approx(np.diag(library(A, A)), abs=1e-12)


def test_squared_distances_are_never_negative():
    far = 1e6 + rng.normal(size=(50, 4)) * 1e-6
    assert (comparisons(MEMBER[:1], FORM[:1], far, far) >= 0).all()


def test_an_exponential_block_averages_the_distance_of_its_columns():
    wide = np.array([[1, 0, 1, 0]], dtype=bool)
    found = comparisons(wide, np.array([EXPONENTIAL]), A, B)[0]
    assert found[2, 3] == pytest.approx((abs(A[2, 0] - B[3, 0]) + abs(A[2, 2] - B[3, 2])) / 2)
