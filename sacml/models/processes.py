"""The registered Gaussian processes: which columns stand in which term."""

from collections.abc import Mapping, Sequence

from sacml.models.gaussian_process import Block, GaussianProcess
from sacml.models.registry import register

Terms = Sequence[tuple[str, Sequence[str]]]
"""Pairs of form and starts of feature names."""

LINES: Terms = (("linear", ("cond_",)), ("linear", ("alkali_is",)), ("linear", ("mod_",)))
"""Power laws in the conditions (their columns are logarithms), levels of alkali and class."""

# Smooth in what involves the metal, smooth in the shell; what is left is few levels and logarithms,
# for which tens of rows support no more than lines.
_METAL = ("metal_", "pair_metal_", "pair_neighbours_per_centre", "pair_valence_electrons_per",
          "pair_d_electrons")  # fmt: skip
BY_PART: Terms = (
    ("rbf", _METAL),
    ("rbf", ("shell_",)),
    ("linear", ("alkali_",)),
    ("linear", ("cond_",)),
    ("linear", ("mod_",)),
)

# Metals of one column of the periodic table have the same number of valence electrons, and in the
# same shell fill the same levels: they bind alike, and from one column to the next, where one more
# electron goes into another level or spin state, the binding steps rather than bends. Nearness in
# the column carries further than nearness in radius or electronegativity (of crystals: Glawe,
# Sanna, Gross and Marques, New Journal of Physics 18 (2016) 093011).
PERIODIC: Terms = (("exponential", ("metal_valence_electrons_mean",)), *BY_PART)

SPECIFICATIONS: Mapping[str, Terms] = {
    "by_part": BY_PART,
    "periodic": PERIODIC,
    "together": (("rbf", ("",)),),
    "metal_and_levels": (("rbf", ("metal_",)), ("linear", ("shell_",)), *LINES),
    "lines": LINES,
    "test_together": (("rbf", ("cond_", "alkali_is")),),
}
"""Sums of terms that a search chooses from; the first is that of `gaussian_process`."""


def blocks_of(feature_names: Sequence[str], terms: Terms) -> tuple[Block, ...]:
    """Blocks of columns; a term none of whose columns is there is left out."""
    found = []
    for form, prefixes in terms:
        columns = tuple(i for i, n in enumerate(feature_names) if n.startswith(tuple(prefixes)))
        if columns:
            found.append((form, columns))
    return tuple(found)


@register("gaussian_process")
def _gaussian_process(seed: int, feature_names: Sequence[str]) -> GaussianProcess:
    return GaussianProcess(blocks_of(feature_names, BY_PART))


@register("gaussian_process_periodic")
def _periodic(seed: int, feature_names: Sequence[str]) -> GaussianProcess:
    return GaussianProcess(blocks_of(feature_names, PERIODIC))


@register("mixed_linear")
def _mixed_linear(seed: int, feature_names: Sequence[str]) -> GaussianProcess:
    return GaussianProcess(blocks_of(feature_names, LINES))


@register("censored_linear")
def _censored_linear(seed: int, feature_names: Sequence[str]) -> GaussianProcess:
    return GaussianProcess(blocks_of(feature_names, LINES), censored=True)
