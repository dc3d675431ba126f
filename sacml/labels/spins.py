"""Metals whose sites have to be begun from more than one magnetic state."""

from sacml.domain.sites import Site

SECOND_MOMENTS_MU_B = {"Zr": 2.0}
"""Start moment in Bohr magnetons that leads to a lower bare site than the table's does.

Source: datasets/dft, the same site from both; `experiments/noise_floor.toml` and
`experiments/second_spin.toml` compute them, the card's noise floor tells the changes.
"""


def second_moments(site: Site) -> tuple[float, ...]:
    """Start moments of a site that are tried beside the table's; empty for most metals."""
    found = (SECOND_MOMENTS_MU_B[m] for m in site.metals if m in SECOND_MOMENTS_MU_B)
    return tuple(dict.fromkeys(found))
