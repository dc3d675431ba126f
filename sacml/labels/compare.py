"""What a change of the protocol does to binding energies: variants of one campaign side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sacml.errors import SacmlError
from sacml.labels.binding import BindingLabel, binding_label
from sacml.labels.queue import Queue
from sacml.labels.queue_state import DONE
from sacml.labels.task import TaskResult

BUNDLED = "bundled"
"""Name of the labels of datasets/dft where they stand in for a base that is not computed."""
ALONE = (
    "{state}; without the base these are its own starts alone, not the lowest of both: "
    "datasets/dft/build.py --labels puts them together with the bundled labels"
)
Pair = tuple[str, str]


@dataclass(frozen=True)
class Variant:
    """What a folder of one variant holds.

    Attributes
    ----------
    digest
        Of its settings; empty where the folder is not there.
    results
        By key.
    open
        For each (site, alkali) why it may have no label yet: what is left to do, what failed.
    """

    name: str
    digest: str
    results: Mapping[str, TaskResult]
    open: Mapping[Pair, str]

    @classmethod
    def of(cls, name: str, queue: Queue) -> "Variant":
        """Read a folder."""
        states = queue.states()
        pairs: dict[Pair, set[str]] = {}
        for entry in queue:
            if entry.kind == "adsorption":
                _, site, alkali, _ = entry.key.split("/", 3)
                pairs.setdefault((site, alkali), set()).update({entry.key, *entry.needs})
        left = {}
        for pair, keys in pairs.items():
            undone = sorted(key for key in keys if states[key] != DONE)
            told = [f"{key} failed: {tries[-1]['reason']}" for key in undone
                    if (tries := queue.failures(key))]  # fmt: skip
            if undone:
                done = f"{len(keys) - len(undone)} of {len(keys)} tasks done"
                left[pair] = "; ".join([done, *told])
        return cls(name, queue.settings.digest, {r.key: r for r in queue.results()}, left)


@dataclass(frozen=True, slots=True)
class Change:
    """Binding energy of one (site, alkali) in one variant; energies in eV, against the atom.

    Attributes
    ----------
    against
        What the change is from: the base, or `BUNDLED` where the base has no value.
    change_eV
        Value of the variant minus that of ``against``.
    site_change_eV
        Energy of the bare site in the variant alone minus that in the base, where the settings
        are the same (another start, such as other moments): negative where the base missed the
        lower state.
    state
        ``computed``, or what is missing.
    """

    variant: str
    site: str
    alkali: str
    binding_energy_eV: float | None
    against: str
    change_eV: float | None
    site_change_eV: float | None
    starts: int
    site_moment_muB: float | None
    state: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values by column name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def compare(
    pairs: Sequence[Pair],
    base: Variant,
    others: Sequence[Variant],
    bundled: Mapping[Pair, float] | None = None,
    base_digest: str = "",
) -> list[Change]:
    """Set each variant against the base, pair by pair; what is not computed is a row as well.

    Where a variant has the settings of the base, its results are further starts of the same
    protocol: its label is the lowest of both together.

    Parameters
    ----------
    pairs
        (site, alkali) that are asked for.
    bundled
        Known binding energies of the base's protocol. The base is compared with them, and a
        variant where the base has no label.
    base_digest
        Digest of the base's settings, also where its folder is not there.
    """
    known, found = bundled or {}, []
    for pair in pairs:
        there = known.get(pair)
        first, said = _label(pair, base)
        reference, name = (
            (there, BUNDLED) if first is None else (first.binding_energy_atom_eV, base.name)
        )
        found.append(_change(base.name, pair, first, said, BUNDLED, there, None))
        for variant in others:
            more, shift = variant, None
            if variant.digest and variant.digest == base.digest:
                more = Variant(variant.name, variant.digest,
                               {**base.results, **variant.results}, variant.open)  # fmt: skip
                shift = _site_change(pair, base, variant)
            label, said = _label(pair, more, variant)
            if label is not None and not base.digest and variant.digest == base_digest:
                said = ALONE.format(state=said)
            found.append(_change(variant.name, pair, label, said, name, reference, shift))
    return found


def _label(
    pair: Pair, variant: Variant, own: Variant | None = None
) -> tuple[BindingLabel | None, str]:
    """Label of a pair and what is to be said of it.

    Parameters
    ----------
    own
        What the variant itself has computed, where `variant` holds the base's results too.
    """
    own = own or variant
    if not own.digest:
        return None, "not begun"
    left, start = own.open.get(pair, ""), f"ads/{pair[0]}/{pair[1]}/"
    if not any(key.startswith(start) for key in own.results):
        return None, left or "not queued"
    try:
        label = binding_label(*pair, variant.results)
    except SacmlError as error:
        return None, left or str(error)
    return label, left or "computed"


def _site_change(pair: Pair, base: Variant, variant: Variant) -> float | None:
    """Lowest energy of the bare site in the variant minus that in the base, in eV."""
    lowest = []
    for results in (variant.results, base.results):
        energies = [r.energy_eV for r in results.values()
                    if r.kind == "site" and r.ok and r.key.split("/")[1] == pair[0]]  # fmt: skip
        lowest.append(min((e for e in energies if e is not None), default=None))
    now, then = lowest
    return None if now is None or then is None else now - then


def _change(
    variant: str,
    pair: Pair,
    label: BindingLabel | None,
    state: str,
    against: str,
    reference: float | None,
    site_change: float | None,
) -> Change:
    energy = None if label is None else label.binding_energy_atom_eV
    change = None if energy is None or reference is None else energy - reference
    return Change(
        variant=variant, site=pair[0], alkali=pair[1], binding_energy_eV=energy,
        against=against if change is not None else "", change_eV=change,
        site_change_eV=site_change, starts=0 if label is None else label.starts_tried,
        site_moment_muB=None if label is None else label.site_moment_muB, state=state,
    )  # fmt: skip
