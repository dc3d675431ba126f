"""Applicability domain: what the training records held, and what of a candidate they did not.

Every rule sets a bit per row. Rules about names work by component and rules about descriptors by
distinct row, so that a million candidates cost no more than those; `reasons` turns the bits of one
row into words.

Which rules decide the in-domain flag: a rule about the metal, the shell, the host, the alkali or
the class of modifier counts if the fitted model reads it, or if the training records do not vary
in it (then neither model nor interval says anything about others). A model that does not read
something in which its records do vary has been calibrated over that variety. A rule about
conditions counts only if the model reads conditions. Distance and leverage in the descriptors that
the model reads (`sacml.uncertainty.space`) and the spread of the model always count.

A metal that was never seen is judged by its element properties (`sacml.uncertainty.nearness`): far
from the trained ones it breaks the domain, near one of them it is only remarked. With too few
trained metals to say, it breaks the domain.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.domain.conditions import NUMBERS, WORDS
from sacml.domain.elements import ALKALI
from sacml.domain.shells import Shell
from sacml.uncertainty.limits import Limits
from sacml.uncertainty.rules import MEASURED, RULES, Flag, parts_read, surroundings_text

__all__ = ["Applicability", "Flag", "parts_read", "surroundings_text", "unknown_shells"]

if TYPE_CHECKING:
    from sacml.features import CandidateTable


@dataclass(frozen=True, slots=True)
class Applicability:
    """What the training records of one model held.

    Attributes
    ----------
    metals, two_centres, controls
        Metals seen as centres; whether a site of two was seen; which of ``""`` (bare host) and
        ``"vac"`` were seen.
    shells, shell_forms, surroundings
        Compositions of the known shells, their full text, and axial ligands with second shell.
    unprinted_shells
        Whether a record has a shell that its source does not print in full.
    hosts, alkali, modifiers
        Names seen.
    ranges
        Per number of the conditions: smallest and largest stated value, or None.
    words
        Per word of the conditions: the words stated.
    unstated
        Conditions that at least one record leaves unstated.
    reads
        What the fitted model reads, of `PARTS`.
    limits
        How far an unseen metal, the descriptors and the spread of the model may lie off.
    """

    metals: tuple[str, ...]
    two_centres: bool
    controls: tuple[str, ...]
    shells: tuple[str, ...]
    shell_forms: tuple[str, ...]
    surroundings: tuple[str, ...]
    unprinted_shells: bool
    hosts: tuple[str, ...]
    alkali: tuple[str, ...]
    modifiers: tuple[str, ...]
    ranges: Mapping[str, tuple[float, float] | None]
    words: Mapping[str, tuple[str, ...]]
    unstated: tuple[str, ...]
    reads: frozenset[str]
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of(
        cls,
        table: "CandidateTable",
        reads: Iterable[str],
        *,
        X: NDArray[np.floating] | None = None,
        columns: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        spread: ArrayLike | None = None,
    ) -> "Applicability":
        """Collect what training records hold.

        Parameters
        ----------
        table
            The n training records, shells as printed (not resolved).
        reads
            What the fitted model reads, of `PARTS`.
        X : (n, p) float32, optional
            Their descriptors, all columns; None: distance and leverage are not judged. A record
            of unknown shell stands for all shells that its host admits.
        columns : (c,) int, optional
            Columns that the model reads; None: all.
        groups : (n,), optional
            What is held out together; None: rows with equal descriptors.
        spread : (n,) float, optional
            Spread of the model at each record when its group was held out, NaN where it was not;
            None: not judged.
        """
        centres = [table.centres[i] for i in np.unique(table.centre_index)]
        held = [table.shells[i] for i in np.unique(table.shell_index)]
        known = [s for s in held if s is not None and s.is_known]
        around = [table.surroundings[i] for i in np.unique(table.surrounding_index)]
        ranges: dict[str, tuple[float, float] | None] = {}
        unstated = []
        for name in NUMBERS:
            values = getattr(table, name)
            stated = values[~np.isnan(values)]
            ranges[name] = (float(stated.min()), float(stated.max())) if stated.size else None
            unstated += [name] if stated.size < values.size else []
        words = {}
        for name, allowed in WORDS.items():
            found = np.unique(getattr(table, f"{name}_index"))
            words[name] = tuple(allowed[i] for i in found if i >= 0)
            unstated += [name] if (found < 0).any() else []
        metals = _sorted(m for c in centres for m in c if m != "vac")
        return cls(
            metals=metals,
            two_centres=any(len(c) == 2 for c in centres),
            controls=_sorted("".join(c) for c in centres if c in ((), ("vac",))),
            shells=_sorted(s.composition for s in known),
            shell_forms=_sorted(map(str, known)),
            surroundings=_sorted(surroundings_text(*a) for a in around),
            unprinted_shells=any(s is not None and not s.is_known for s in held),
            hosts=_sorted(table.hosts[i].name for i in np.unique(table.host_index)),
            alkali=tuple(ALKALI[i] for i in np.unique(table.alkali_index)),
            modifiers=_sorted(
                table.modifiers[i].modifier_class for i in np.unique(table.modifier_index)
            ),
            ranges=ranges,
            words=words,
            unstated=tuple(unstated),
            reads=frozenset(reads),
            limits=Limits.of(table, metals, X, columns, groups, spread),
        )

    @property
    def counted(self) -> frozenset[str]:
        """Parts whose rules decide the in-domain flag."""
        alike = {
            "metal": len(self.metals) + len(self.controls) < 2,
            # shells that sources do not print differ from record to record all the same
            "shell": len(self.shells) < 2 and not self.unprinted_shells,
            "host": len(self.hosts) < 2,
            "alkali": len(self.alkali) < 2,
        }
        return self.reads | {part for part, same in alike.items() if same}

    @property
    def breaking(self) -> Flag:
        """Bits that put a row out of the domain."""
        mask = MEASURED
        for part in self.counted:
            mask |= RULES[part]
        return mask

    def flags(
        self, table: "CandidateTable", spread: NDArray[np.float64] | None = None
    ) -> NDArray[np.uint32]:
        """Bits of every row (n,), as a surrogate sets them.

        A row of unknown shell has the bits of all shells that its host admits. `Surrogate.predict`
        does the same for less, as it describes the rows anyway.

        Parameters
        ----------
        spread : (n,) float64, optional
            Spread of the model at each row; None: not judged.
        """
        from sacml.features import describe

        resolved, parent, _ = table.resolve_shells()
        bits = self.named(resolved)
        if self.limits.space is not None:
            bits |= self.limits.bits(describe(resolved)[:, self.limits.space.columns])
        first = np.flatnonzero(np.diff(parent, prepend=-1))
        together = np.bitwise_or.reduceat(bits, first) if len(table) else bits
        together |= unknown_shells(table)
        return together if spread is None else together | self.limits.spread_bits(spread)

    def named(self, table: "CandidateTable") -> NDArray[np.uint32]:
        """Bits (n,) of the rules about names and conditions; an unknown shell gets none."""
        by_part = (
            (table.centre_index, [self._centre(c) for c in table.centres]),
            (table.shell_index, [self._shell(s) for s in table.shells]),
            (table.host_index, [Flag.HOST * (h.name not in self.hosts) for h in table.hosts]),
            (table.surrounding_index, [self._surrounding(*a) for a in table.surroundings]),
            (table.alkali_index, [Flag.ALKALI * (a not in self.alkali) for a in ALKALI]),
            (
                table.modifier_index,
                [Flag.MODIFIER * (m.modifier_class not in self.modifiers) for m in table.modifiers],
            ),
        )
        bits = np.zeros(len(table), dtype=np.uint32)
        for index, flags in by_part:
            values = np.array([int(f) for f in flags], dtype=np.uint32)
            if values.any():
                bits |= values[index]
        if "conditions" in self.reads:
            self._add_conditions(table, bits)
        return bits

    def _centre(self, centre: tuple[str, ...]) -> int:
        if centre in ((), ("vac",)):
            return Flag.CONTROL * ("".join(centre) not in self.controls)
        bits = Flag.TWO_CENTRES * (len(centre) == 2 and not self.two_centres)
        for metal in centre:
            if metal not in self.metals:
                bits |= self.limits.unseen(metal, self.metals)
        return bits

    def _shell(self, shell: Shell | None) -> int:
        if shell is None or not shell.is_known:
            return 0
        if shell.composition not in self.shells:
            return Flag.SHELL
        return Flag.SURROUNDINGS * (bool(shell.qualifiers) and str(shell) not in self.shell_forms)

    def _surrounding(self, axial: tuple[str, ...], second: tuple[tuple[str, int], ...]) -> int:
        text = surroundings_text(axial, second)
        return Flag.SURROUNDINGS * (bool(text) and text not in self.surroundings)

    def _add_conditions(self, table: "CandidateTable", bits: NDArray[np.uint32]) -> None:
        for name in NUMBERS:
            values, limits = getattr(table, name), self.ranges[name]
            missing = np.isnan(values)
            self._add_unstated(name, missing, bits)
            if limits is not None:
                # the comparison allows for rounding of a value read from text
                slack = 1e-9 * max(1.0, abs(limits[1]))
                outside = (values < limits[0] - slack) | (values > limits[1] + slack)
                bits |= np.where(outside, np.uint32(Flag.OUT_OF_RANGE), np.uint32(0))
        for name, allowed in WORDS.items():
            index = getattr(table, f"{name}_index")
            self._add_unstated(name, index < 0, bits)
            new = [Flag.NEW_WORD * (w not in self.words[name]) for w in allowed]
            codes = np.array([*map(int, new), 0], dtype=np.uint32)  # -1 picks the last
            bits |= codes[index]

    def _add_unstated(
        self, name: str, missing: NDArray[np.bool_], bits: NDArray[np.uint32]
    ) -> None:
        flag = Flag.UNSTATED | (0 if name in self.unstated else Flag.NEVER_UNSTATED)
        if missing.any():
            bits |= np.where(missing, np.uint32(flag), np.uint32(0))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {n: list(getattr(self, n)) for n in self.__slots__ if n not in _OTHER} | {
            "two_centres": self.two_centres,
            "unprinted_shells": self.unprinted_shells,
            "ranges": {k: None if v is None else list(v) for k, v in self.ranges.items()},
            "words": {k: list(v) for k, v in self.words.items()},
            "reads": sorted(self.reads),
            "limits": self.limits.to_dict(),
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> "Applicability":
        """Read what `to_dict` wrote; a domain of before there were limits has none."""
        given: dict[str, Any] = {n: tuple(raw[n]) for n in cls.__slots__ if n not in _OTHER}
        given["two_centres"] = bool(raw["two_centres"])
        given["unprinted_shells"] = bool(raw["unprinted_shells"])
        given["ranges"] = {
            n: None if v is None else (float(v[0]), float(v[1])) for n, v in raw["ranges"].items()
        }
        given["words"] = {n: tuple(v) for n, v in raw["words"].items()}
        given["reads"] = frozenset(raw["reads"])
        given["limits"] = Limits.from_dict(raw["limits"]) if "limits" in raw else Limits()
        return cls(**given)


# what is not a plain tuple of texts
_OTHER = ("ranges", "words", "reads", "two_centres", "unprinted_shells", "limits")


def unknown_shells(table: "CandidateTable") -> NDArray[np.uint32]:
    """Bit (n,) of the rows whose shell is not known."""
    unknown = [s is not None and not s.is_known for s in table.shells]
    return np.array(unknown, dtype=np.uint32)[table.shell_index] * np.uint32(Flag.UNKNOWN_SHELL)


def _sorted(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))
