"""The default objectives: where their ends come from, and the chemistry behind the window."""

from collections.abc import Iterable

import numpy as np

from sacml.design import supply
from sacml.design.objectives.objective import Objective
from sacml.design.objectives.stability import stability_objective
from sacml.design.space.vocabulary import plausible_centres
from sacml.domain.candidates import check_alkali
from sacml.errors import DesignError

WEAK_MARGIN_EV = 0.1
"""Least gain over pristine graphene, eV: as large as the stated error of a label with one start."""
STRONG_MARGIN_EV = 0.5
"""Most excess over the bulk metal, eV: five times the weak margin. A choice, not a measurement."""
RAMP_QUANTILES = (0.1, 0.9)
"""Quantiles between which the default ramps run."""
MIN_VALUES = 10
"""Values of one alkali metal needed for ramp ends of its own."""


def binding_window(
    alkali: str,
    weak_margin_eV: float = WEAK_MARGIN_EV,
    strong_margin_eV: float = STRONG_MARGIN_EV,
    weight: float = 1.0,
) -> Objective:
    """Return the default window of the binding energy of an alkali atom.

    The site competes with two other places the first atoms can go to, and both are known from the
    same protocol, so its errors cancel in part:

    - *Weak end*: pristine graphene plus a margin. A site that does not bind clearly better than
      the bare support beside it does not collect the first atoms; nucleation stays where the
      support's defects are, and the single atoms were for nothing.
    - *Strong end*: the bulk metal plus a margin. An atom held as strongly as in its own bulk
      (binding energy = minus cohesive energy) has no barrier of energy to nucleate there; a site
      beyond that is fully wetting. Some excess does no harm, because only the first layer feels
      it, and the isolated atom over-states the binding of an atom that has neighbours. Far beyond,
      the atom stays pinned when the metal is stripped, migrates poorly, and pulls the centre out
      of its site.

    So ``low = -E_coh - strong_margin`` and ``high = E_graphene - weak_margin``, against the
    isolated neutral atom. Both margins can be set; the ranking inside the window does not ask for
    more binding, because beyond wetting more binding was not shown to be better.

    Parameters
    ----------
    alkali
        Li, Na or K.
    weak_margin_eV, strong_margin_eV
        eV.
    weight
        See `Objective`.

    Raises
    ------
    DesignError
        If there are no references for the alkali, or the margins turn the window upside down.
    """
    from sacml.data import references

    refs = references()
    try:
        bulk = refs.cohesive_energy_eV[check_alkali(alkali)]
        graphene = refs.graphene_binding_eV[alkali]
    except KeyError:
        raise DesignError(
            f"there is no cohesive energy or graphene reference for {alkali}; give the window of "
            "the binding energy yourself"
        ) from None
    return Objective(
        name="binding energy",
        kind="target",
        quantity="binding_energy",
        direction="window",
        low=round(-bulk - strong_margin_eV, 6),
        high=round(graphene - weak_margin_eV, 6),
        unit="eV",
        weight=weight,
        source=(
            f"own DFT: bulk {alkali} {-bulk:.2f} eV less {strong_margin_eV:g} eV, pristine "
            f"graphene {graphene:.2f} eV less {weak_margin_eV:g} eV"
        ),
    )


def ramp_from_records(name: str, target: str, alkali: str, weight: float = 1.0) -> Objective:
    """Return a ramp between the 10 % and the 90 % quantile of the labelled values of a target.

    Taken from the alkali's own values where there are at least `MIN_VALUES`, else from all; bounds
    count with the printed number.
    """
    from sacml.data import training_records
    from sacml.domain.targets import target as look_up

    kind = look_up(target)
    if kind.better not in ("low", "high"):
        raise DesignError(f"{target} has no better direction; give a window instead")
    records = training_records(target).records
    own = [r.value for r in records if r.alkali == alkali]
    values = own if len(own) >= MIN_VALUES else [r.value for r in records]
    if not values or np.ptp(values) == 0:
        raise DesignError(f"the values of {target} do not span a range; give its ends yourself")
    low, high = (float(f"{q:.3g}") for q in np.quantile(values, RAMP_QUANTILES))
    of = alkali if values is own else "all alkali metals"
    return Objective(
        name=name,
        kind="target",
        quantity=target,
        direction="low" if kind.better == "low" else "high",
        low=low,
        high=high,
        unit=kind.unit,
        weight=weight,
        source=f"10 % and 90 % quantiles of {len(values)} labelled values of {of}",
    )


def supply_objectives() -> tuple[Objective, ...]:
    """Return cost, abundance, concentration, criticality and hazard of the centres.

    A single-atom catalyst holds little of its metal, so what speaks against a metal shall break
    ties between equals and not outweigh performance: the weights are small.
    """

    def ramp(
        name: str, prop: str, direction: str, unit: str | None, weight: float, scale: str, what: str
    ) -> Objective:
        values = np.array([supply.value(m, prop) for m in plausible_centres()])
        ends = np.quantile(values[~np.isnan(values)], RAMP_QUANTILES)
        low, high = (float(f"{q:.3g}") for q in ends)
        return Objective(
            name=name, kind="element", quantity=prop, direction=direction, low=low, high=high,
            unit=unit, weight=weight, scale=scale, floor=0.1,
            source=f"10 % and 90 % quantiles of the default metals; {what}",
        )  # fmt: skip

    return (
        ramp("cost", "price_usd_per_kg", "low", "USD/kg", 0.3, "log10",
             "prices of mostly 2019 and 2020 (element table)"),
        ramp("abundance", "crustal_abundance_mg_per_kg", "high", "mg/kg", 0.2, "log10",
             "abundance in the crust (element table)"),
        ramp("supply concentration", "hhi_production", "low", None, 0.1, "linear",
             "Herfindahl-Hirschman index of the producing countries, 0 to 10000, "
             "doi:10.1021/cm400893e"),
        Objective(
            name="criticality", kind="element", quantity="eu_critical_raw_material",
            direction="low", low=0.0, high=1.0, unit=None, weight=0.2, floor=0.5,
            source="Regulation (EU) 2024/1252: 0 not critical, 1 critical",
        ),
        Objective(
            name="hazard", kind="element", quantity="hazard_rank", direction="high", low=1.0,
            high=4.0, unit=None, weight=0.1, floor=0.5, gap="middle",
            source="ICH Q3D(R2): 1 class 1, 2 classes 2A and 2B, 3 class 3, 4 named without a "
            "class; a metal that it does not name counts as the middle",
        ),
    )  # fmt: skip


def default_objectives(alkali: str, targets: Iterable[str]) -> tuple[Objective, ...]:
    """Return the default objectives of an alkali metal, as far as there is something behind them.

    Parameters
    ----------
    alkali
        Li, Na or K.
    targets
        Targets with a surrogate.
    """
    have = set(targets)
    out: list[Objective] = []
    if "binding_energy" in have:
        out.append(binding_window(alkali))
    if "nucleation_overpotential" in have:
        out.append(ramp_from_records("low overpotential", "nucleation_overpotential", alkali))
    if "cycle_life" in have:
        out.append(ramp_from_records("long life", "cycle_life", alkali))
    stability = stability_objective(predicted="metal_stability" in have)
    return (*out, *((stability,) if stability else ()), *supply_objectives())
