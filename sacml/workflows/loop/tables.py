"""What a loop found, as rows: one per candidate that was asked, and one per round."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from sacml.workflows.loop.config import LoopConfig
from sacml.workflows.loop.state import Answer, Asked, Round

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """One candidate with what was said before its label and what the label said."""

    round: int
    asked: Asked
    answer: Answer

    @property
    def label(self) -> float | None:
        """Label in eV that counts; None where there is none or it is kept out of fits."""
        return None if self.answer.reason else self.answer.label

    @property
    def error(self) -> float | None:
        """Label minus prediction, eV."""
        return _minus(self.label, self.asked.value)

    @property
    def covered(self) -> bool | None:
        """Whether the label lies in the interval; None without either, or where it is endless."""
        low, high = self.asked.lower, self.asked.upper
        if self.label is None or low is None or high is None or not high - low < float("inf"):
            return None
        return low <= self.label <= high


def seen(rounds: Sequence[Round]) -> list[Seen]:
    """Return the candidates of the finished rounds, in the order in which they were asked."""
    return [
        Seen(r.number, asked, answer)
        for r in rounds if r.answers is not None
        for asked, answer in zip(r.asked, r.answers, strict=True)
    ]  # fmt: skip


def distance(config: LoopConfig, alkali: str, value: float) -> float:
    """Distance of a binding energy from the window that is wanted, eV; 0 inside."""
    wanted = config.wanted[alkali]
    return max(wanted.low - value, value - wanted.high, 0.0)


def label_rows(rounds: Sequence[Round], config: LoopConfig) -> list[Row]:
    """One row per candidate: energies in eV against the isolated atom.

    What the asking model expects stands under ``asking_``; ``predicted_eV`` with its interval, and
    the errors, are of the judged model, which ``model`` names.
    """
    rows = []
    for s in seen(rounds):
        a, wanted = s.asked, config.wanted[s.asked.alkali]
        rows.append({
            "round": s.round, "site": a.site, "alkali": a.alkali,
            "asking_model": a.asking_model, "asking_eV": a.asking_value,
            "asking_spread_eV": a.asking_spread, "predicted_eV": a.value,
            "lower_eV": a.lower, "upper_eV": a.upper, "in_domain": a.in_domain,
            "model": a.model, "model_version": a.model_version, "constant_eV": a.constant,
            "alkali_mean_eV": a.alkali_mean, "label_eV": s.answer.label, "error_eV": s.error,
            "in_interval": s.covered, "window_low_eV": wanted.low, "window_high_eV": wanted.high,
            "in_window": None if s.label is None else distance(config, a.alkali, s.label) == 0,
            "no_label_because": s.answer.reason, "record_id": s.answer.record_id,
            "asked_because": a.reason,
        })  # fmt: skip
    return rows


def round_rows(
    rounds: Sequence[Round], config: LoopConfig, at_hand: Sequence[tuple[str, float]] = ()
) -> list[Row]:
    """One row per finished round: what is known after it, figures of all rounds so far together.

    Parameters
    ----------
    at_hand
        ``(alkali, label in eV)`` that the loop began with; the best label counts them.
    """
    rows = []
    for r in rounds:
        if r.is_open:
            break
        so_far = seen(rounds[: r.number + 1])
        labelled = [(s.asked.alkali, s.label) for s in so_far if s.label is not None]
        best = min((distance(config, a, v) for a, v in (*at_hand, *labelled)), default=None)
        figures = r.model or {}
        rows.append({
            "round": r.number, "asked": len(so_far), "labels": len(labelled),
            "without_label": len(so_far) - len(labelled),
            "passed_over": len(r.passed_over),
            "best_distance_to_window_eV": best,
            "in_window": sum(distance(config, a, v) == 0 for a, v in labelled),
            **prospective(so_far),
            "taught_by": figures.get("n_labels"), "model": figures.get("model"),
            "version": figures.get("version"),
            **{n: figures.get(n) for n in HELD_OUT},
        })  # fmt: skip
    return rows


HELD_OUT = (
    "held_out_mae_eV", "held_out_low_eV", "held_out_high_eV", "held_out_constant_mae_eV",
    "held_out_alkali_mean_mae_eV", "held_out_coverage", "held_out_width_eV",
)  # fmt: skip
"""Figures of the model after a round on held-out metals."""


def prospective(found: Sequence[Seen]) -> Row:
    """Errors of predictions that were made before the label, beside the baselines of then."""
    judged = [s for s in found if s.error is not None]
    sure = [s for s in judged if s.covered is not None]

    def mae(errors: list[float | None]) -> float | None:
        return fmean(abs(e) for e in errors if e is not None) if errors else None

    return {
        "predicted_before": len(judged),
        "prospective_mae_eV": mae([s.error for s in judged]),
        "prospective_bias_eV": fmean(-(s.error or 0.0) for s in judged) if judged else None,
        "prospective_constant_mae_eV": mae([_minus(s.label, s.asked.constant) for s in judged]),
        "prospective_alkali_mean_mae_eV": mae(
            [_minus(s.label, s.asked.alkali_mean) for s in judged]
        ),
        "prospective_coverage": fmean(bool(s.covered) for s in sure) if sure else None,
        "finite_intervals": len(sure),
        "prospective_width_eV": fmean((s.asked.upper or 0.0) - (s.asked.lower or 0.0)
                                      for s in sure) if sure else None,
    }  # fmt: skip


def _minus(label: float | None, said: float | None) -> float | None:
    return None if label is None or said is None else label - said
