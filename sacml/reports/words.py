"""Names, numbers and sentences as a reader wants them."""

import math

import pandas as pd

from sacml.domain import Target

SPLITS = {
    "leave_one_metal_out": "Metal never seen",
    "leave_one_source_out": "Paper never seen",
    "random": "Random split",
}
SPLIT_MEANING = {
    "leave_one_metal_out": "every record of the metal is held out: what a new metal is like",
    "leave_one_source_out": "every record of the paper is held out: what a new lab is like",
    "random": "records are held out at random; near-duplicates leak, so this flatters every model",
}
MODELS = {
    "constant": "Constant",
    "same_metal_mean": "Mean of the same metal",
    "alkali_mean": "Mean of the alkali",
    "conditions_only": "Test conditions only",
    "ridge": "Ridge regression",
    "extra_trees": "Extra trees",
}
TRAINED_ON = {"sac": "sites", "all": "all"}
BASELINES = ("constant", "same_metal_mean", "alkali_mean", "conditions_only")
BOUNDS = {
    "failure": "end of life stated",
    "reported": "reported value",
    "lower": "lower bound",
    "upper": "upper bound",
}


def split_title(name: str) -> str:
    """Title of a split."""
    return SPLITS.get(name, plain(name))


def model_title(model: str, trained_on: str = "") -> str:
    """Title of a model, with the records it was trained on: ``sites`` or ``all``."""
    title = MODELS.get(model, plain(model))
    return f"{title} ({TRAINED_ON.get(trained_on, trained_on)})" if trained_on else title


def plain(name: str) -> str:
    """Return a name from the code as words."""
    text = name.replace("_", " ").replace(" sei", " SEI").replace("3d ", "3D ")
    return text[:1].upper() + text[1:]


def axis(target: Target, what: str = "") -> str:
    """Label of an axis in the target's unit."""
    return f"{what or target.title} ({target.unit})"


def short(target: Target) -> str:
    """Title of a target without its details, for narrow places."""
    return target.title.split(" of the ")[0].split(" (")[0]


def decimals(value: float, *, sign: bool = False) -> str:
    """Write a figure of a score table: three decimals, so that columns line up."""
    if not math.isfinite(value):
        return number(value)
    return f"{value:{'+' if sign else ''}.3f}".replace("-", "\N{MINUS SIGN}")


def span(low: float, high: float, *, sign: bool = False) -> str:
    """Write an interval of a score table."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return interval(low, high)
    return f"{decimals(low, sign=sign)} to {decimals(high, sign=sign)}"


def number(value: float | None, digits: int = 3) -> str:
    """Write a number with so many significant digits, without exponent where it is short."""
    if value is None or math.isnan(value):
        return "not known"
    if math.isinf(value):
        return "unbounded" if value > 0 else "unbounded below"
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if not -4 <= magnitude < 6:
        text = f"{value:.{digits - 1}e}"
    else:
        text = f"{value:,.{max(0, digits - 1 - magnitude)}f}"
    return text.replace("-", "\N{MINUS SIGN}") if magnitude >= -4 else text


def interval(low: float, high: float, digits: int = 3) -> str:
    """Write an interval; an end that is infinite is said in words."""
    if math.isnan(low) or math.isnan(high):
        return "not known"
    if math.isinf(low) and math.isinf(high):
        return "unbounded"
    if math.isinf(high):
        return f"{number(low, digits)} or more"
    if math.isinf(low):
        return f"{number(high, digits)} or less"
    return f"{number(low, digits)} to {number(high, digits)}"


def as_factor(mae: float, unit: str) -> str:
    """Say an error on a logarithmic scale as a factor; empty on a linear scale."""
    if not unit.startswith("log10("):
        return ""
    rest = " of the value plus one" if "+ 1" in unit else ""
    return f"a factor of {number(10**mae, 2)}{rest}"


def beats_constant(row: pd.Series) -> bool | None:
    """Whether the 95 % interval of the difference to the constant lies below zero.

    None where the interval is not known (the constant itself, or too few groups).
    """
    low, high = float(row["delta_low"]), float(row["delta_high"])
    if math.isnan(low) or math.isnan(high) or row["model"] == "constant":
        return None
    return high < 0


def verdict(row: pd.Series) -> str:
    """One sentence on whether a model beats the constant, with the interval that says so."""
    name, unit = model_title(row["model"]), row["scale_unit"]
    taught = {"sac": "sites alone", "all": "all records"}.get(row["trained_on"], row["trained_on"])
    factor = as_factor(row["mae"], unit)
    error = (
        f"{name}, trained on {taught}, has the lowest mean absolute error, "
        f"{number(row['mae'])} {unit}{f', {factor}' if factor else ''} (95 % interval "
        f"{interval(row['mae_low'], row['mae_high'])}, {int(row['n_records'])} "
        f"held-out records in {int(row['n_groups'])} groups)."
    )
    if row["model"] == "constant":
        return f"{error} No model does better than predicting the same number for every candidate."
    delta = float(row["delta_constant"])
    side = "below" if delta < 0 else "above"
    gap = f"{number(abs(delta))} {unit} {side} the constant"
    low, high = float(row["delta_low"]), float(row["delta_high"])
    known = interval(low, high)
    match beats_constant(row):
        case True:
            return f"{error} It beats the constant: {gap} (95 % interval {known})."
        case False if low > 0:
            return f"{error} It is worse than the constant: {gap} (95 % interval {known})."
        case False:
            return (
                f"{error} It is not distinguishable from the constant: {gap}, but the 95 % "
                f"interval, {known}, includes zero."
            )
        case _:
            return (
                f"{error} Whether it beats the constant is not known: {gap}, without an interval."
            )
