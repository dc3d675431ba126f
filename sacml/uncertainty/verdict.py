"""Whether the in-domain flag tells anything: held-out errors inside and outside of the domain."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.uncertainty.quantile import CalibrationError

LEAST_RATIO = 1.5
"""Error outside over error inside from which on the flag is informative."""
SHARE_INSIDE = (0.3, 0.9)
"""Share of held-out records inside between which the flag is informative."""
_DRAWS = 2000


@dataclass(frozen=True, slots=True)
class FlagVerdict:
    """What held-out records say about the flag.

    Attributes
    ----------
    n, n_groups, n_inside
        Held-out records, their groups, and how many records lie in the domain.
    error_inside, error_outside
        Mean absolute error; NaN where no record lies there.
    ratio, ratio_low, ratio_high
        Outside over inside, with its 95 % interval by resampling groups; NaN where one is missing.
    informative
        Whether the ratio is at least `LEAST_RATIO` and the share inside within `SHARE_INSIDE`.
    words
        All of it in a sentence.
    """

    n: int
    n_groups: int
    n_inside: int
    error_inside: float
    error_outside: float
    ratio: float
    ratio_low: float
    ratio_high: float
    informative: bool
    words: str

    @property
    def share_inside(self) -> float:
        """Share of the records in the domain."""
        return self.n_inside / self.n


def judge_flag(
    error: ArrayLike, in_domain: ArrayLike, groups: ArrayLike, seed: int = 0
) -> FlagVerdict:
    """Compare the held-out errors of flagged and unflagged records.

    Parameters
    ----------
    error : (n,) float
        Absolute errors of records that were held out.
    in_domain : (n,) bool
        From the domain of the model that did not see the record.
    groups : (n,)
        What was held out together.

    Raises
    ------
    CalibrationError
        If there is no record, or the lengths differ.
    """
    errors = np.asarray(error, dtype=np.float64)
    inside, labels = np.asarray(in_domain, dtype=bool), np.asarray(groups)
    if not errors.shape == inside.shape == labels.shape or errors.ndim != 1 or not errors.size:
        raise CalibrationError(
            f"{errors.shape} errors, {inside.shape} flags and {labels.shape} groups; give one of "
            "each for at least one held-out record"
        )
    names, group = np.unique(labels, return_inverse=True)
    sums = np.stack([_by_group(v, group, len(names)) for v in
                     (errors * inside, inside, errors * ~inside, ~inside)])  # fmt: skip
    error_in, error_out, ratio = _ratio(sums.sum(axis=1))
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=_DRAWS)
    resampled = _ratio(sums @ draws.T.astype(np.float64))[2]
    resampled = resampled[~np.isnan(resampled)]
    low, high = np.nan, np.nan
    if not np.isnan(ratio) and len(names) > 1:  # no interpolation: a ratio may be infinite
        low, high = np.quantile(resampled, [0.025, 0.975], method="inverted_cdf")
    share = float(inside.mean())
    informative = bool(ratio >= LEAST_RATIO and SHARE_INSIDE[0] <= share <= SHARE_INSIDE[1])
    found = FlagVerdict(
        n=errors.size, n_groups=len(names), n_inside=int(inside.sum()),
        error_inside=float(error_in), error_outside=float(error_out), ratio=float(ratio),
        ratio_low=float(low), ratio_high=float(high), informative=informative, words="",
    )  # fmt: skip
    return replace(found, words=_words(found))


def _by_group(values: NDArray[np.generic], group: NDArray[np.intp], n: int) -> NDArray[np.float64]:
    weights = values.astype(np.float64)
    return np.bincount(group.reshape(-1), weights=weights, minlength=n).astype(np.float64)


def _ratio(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Error inside, error outside, outside over inside; NaN where a side has no record."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inside, outside = sums[0] / sums[1], sums[2] / sums[3]
        return np.stack([inside, outside, outside / inside])


def _words(v: FlagVerdict) -> str:
    where = (
        f"{v.n_inside} of {v.n} held-out records ({100 * v.share_inside:.0f} %) in "
        f"{v.n_groups} group{'s' * (v.n_groups != 1)} lie in the domain"
    )
    if v.n_inside in (0, v.n):
        side = "no record lies outside" if v.n_inside else "none lies inside"
        return f"The in-domain flag is uninformative: {where}, so {side} to compare with."
    span = "" if np.isnan(v.ratio_low) else (
        f" (95 % group bootstrap {v.ratio_low:.2f} to {v.ratio_high:.2f})"
    )  # fmt: skip
    found = (
        f"{where}; the error is {v.error_outside:.3g} outside and {v.error_inside:.3g} inside, "
        f"{v.ratio:.2f} times{span}"
    )
    if not v.informative:
        why = []
        if not v.ratio >= LEAST_RATIO:
            why.append(f"less than {LEAST_RATIO:g} times")
        if not SHARE_INSIDE[0] <= v.share_inside <= SHARE_INSIDE[1]:
            low, high = (f"{100 * s:g}" for s in SHARE_INSIDE)
            why.append(f"a share inside that is not {low} to {high} %")
        return f"The in-domain flag is uninformative ({' and '.join(why)}): {found}."
    doubt = "" if v.ratio_low > 1 else ", an interval that includes 1 or cannot be given"
    return f"The in-domain flag is informative: {found}{doubt}."
