"""What can be wrong with a structure, and with a set of them."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols
from ase.neighborlist import neighbor_list

from sacml.data.samples.samples import Sample, SampleProblem
from sacml.domain.elements import elements

ISOLATED_A = 4.0
"""An atom with no other within this distance, in angstrom, belongs to nothing."""
COINCIDENT_A = 0.5
"""Atoms nearer than this, in angstrom, are one written twice: no two covalent radii sum to less."""
LEVEL_KEYS = ("level_of_theory", "functional", "xc", "gga", "dft_u", "u", "hubbard_u_eV", "ldau",
              "dispersion", "ivdw", "code")  # fmt: skip
"""Keys that say how an energy was computed; they must agree within a set."""
SAME = 1e-3
"""Values of the same structure further apart than this, in the unit of the target, disagree."""


def structure_problems(atoms: Atoms) -> list[str]:
    """Why a structure cannot be described; empty where it can."""
    if not len(atoms):
        return ["holds no atoms"]
    if not np.isfinite(atoms.positions).all() or not np.isfinite(np.asarray(atoms.cell)).all():
        return ["a position or the cell is not finite"]
    known = elements()
    strange = sorted({chemical_symbols[z] for z in atoms.numbers} - set(known))
    if strange:
        return [f"no descriptors for {', '.join(strange)}: not in the element table"]
    if any(atoms.pbc) and abs(np.linalg.det(np.asarray(atoms.cell))) < 1e-6:
        return ["periodic, but its cell has no volume"]
    if len(atoms) == 1:
        return []
    first, second, distance = neighbor_list("ijd", atoms, ISOLATED_A)
    twice = np.flatnonzero((distance < COINCIDENT_A) & (first < second))
    if twice.size:
        i, j = int(first[twice[0]]), int(second[twice[0]])
        return [
            f"{atoms[i].symbol} (atom {i}) and {atoms[j].symbol} (atom {j}) lie "
            f"{distance[twice[0]]:.2f} A apart, less than any bond"
        ]
    alone = np.setdiff1d(np.arange(len(atoms)), first)
    if alone.size:
        shown = ", ".join(f"{atoms[int(i)].symbol} (atom {i})" for i in alone[:5])
        return [f"{shown} stands alone: no other atom within {ISOLATED_A:g} A"]
    return []


def group_problems(
    samples: Sequence[Sample], target: str | None
) -> tuple[list[SampleProblem], list[str]]:
    """What is wrong between frames, and what should be known.

    Returns
    -------
    problems, notices
        Frames of a level of theory, or without periodicity, unlike the others; and duplicates.
    """
    problems, notices = [], []
    periodic = np.array([any(s.atoms.pbc) for s in samples], dtype=bool)
    if periodic.any() and not periodic.all():
        problems += [
            SampleProblem(s.frame, "not periodic, while other frames are: set pbc and the cell")
            for s, p in zip(samples, periodic, strict=True) if not p
        ]  # fmt: skip
    if target is not None:
        problems += _mixed_levels(samples)
        notices += _duplicates(samples)
    return problems, notices


def _mixed_levels(samples: Sequence[Sample]) -> list[SampleProblem]:
    problems = []
    for key in LEVEL_KEYS:
        words = [str(s.atoms.info[key]) if key in s.atoms.info else None for s in samples]
        counts: dict[str, int] = defaultdict(int)
        for word in words:
            if word is not None:
                counts[word] += 1
        if len(counts) < 2:
            continue
        main = max(counts, key=lambda w: counts[w])
        problems += [
            SampleProblem(
                s.frame,
                f"{key} = {word!r}, while {counts[main]} frames have {main!r}: values of different "
                "levels of theory are not pooled",
            )
            for s, word in zip(samples, words, strict=True) if word is not None and word != main
        ]  # fmt: skip
    return problems


def _duplicates(samples: Sequence[Sample]) -> list[str]:
    same: dict[str, list[Sample]] = defaultdict(list)
    for s in samples:
        same[s.identity()].append(s)
    out = []
    for group in (g for g in same.values() if len(g) > 1):
        values = [s.value for s in group if s.value is not None]
        text = f"{len(group)} frames hold the same structure: " + ", ".join(
            s.frame for s in group[:4]
        )
        spread = max(values) - min(values)
        text += f"; their values differ by {spread:g}" if spread > SAME else ""
        out.append(text + "; they stay in one fold")
    return out
