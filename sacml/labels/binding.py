"""From results to binding-energy labels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sacml.domain.sites import Site
from sacml.errors import SacmlError
from sacml.labels import signs
from sacml.labels.dispersion import Dispersion, dispersion, plus
from sacml.labels.extxyz import unmark
from sacml.labels.flags import flags_of
from sacml.labels.measures import measure
from sacml.labels.metals import STAND_INS
from sacml.labels.protocol import PRISTINE, atom_key, bulk_key, empty_site, start_of
from sacml.labels.results import Results
from sacml.labels.shells import Ended, counted, shell_kept
from sacml.labels.signs import Energy
from sacml.labels.task import LabelError, TaskResult


@dataclass(frozen=True, slots=True)
class BindingLabel:
    """Binding of one alkali atom to one site: the lowest of the starts that leave it whole.

    Energies in eV by the definitions of `sacml.labels.signs`, distances in Angstrom, moments in
    Bohr magnetons; None where a reference was not computed or there is no metal.

    Attributes
    ----------
    starts
        (key, binding energy against the atom) of every start that has a result, lowest first.
    shell_lost
        Keys of the starts in which the metal left its shell; they are no label, however low.
    d3_share_atom_eV, d3_share_bulk_eV, binding_energy_atom_d3_eV, binding_energy_bulk_d3_eV
        What D3(BJ) adds to the binding energy against atom and bulk, and the energies with it.
    d3_status
        ``computed``, or why a share is missing.
    metal_stability_eV, metal_binding_atom_eV
        E(site) - E(empty site) - E(bulk metal), and the same against the isolated metal atom.
    flags
        What a user has to know; empty where all is well.
    versions
        Programs and setups of site + alkali.
    """

    site: str
    alkali: str
    key: str
    site_key: str
    binding_energy_atom_eV: float
    binding_energy_bulk_eV: float | None
    relative_to_graphene_eV: float | None
    d3_share_atom_eV: float | None
    d3_share_bulk_eV: float | None
    binding_energy_atom_d3_eV: float | None
    binding_energy_bulk_d3_eV: float | None
    d3_status: str
    starts: tuple[tuple[str, float], ...]
    shell_lost: tuple[str, ...]
    level_of_theory: str
    settings_digest: str
    site_moment_muB: float | None
    site_alkali_moment_muB: float | None
    metal_alkali_distance_A: float | None
    metal_alkali_lateral_A: float | None
    alkali_height_A: float | None
    metal_height_A: float | None
    metal_height_change_A: float | None
    largest_bond_change_A: float
    largest_metal_bond_change_A: float | None
    metal_ligand_distances_A: tuple[float, ...]
    alkali_charge_e: float | None
    charges_method: str | None
    metal_stability_eV: float | None
    metal_binding_atom_eV: float | None
    geometry_converged: bool
    site_geometry_converged: bool
    max_force_eV_A: float | None
    relax_max_force_eV_A: float | None
    width_eV: float | None
    seconds: float
    flags: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]

    @property
    def starts_tried(self) -> int:
        """Starts with a result."""
        return len(self.starts)

    @property
    def start(self) -> str:
        """Place of the lowest start, with its start moment where it has one of its own."""
        return start_of(self.key)

    def to_dict(self) -> dict[str, Any]:
        """Plain values by column name."""
        return {f.name: getattr(self, f.name) for f in fields(self)} | {
            "start": self.start, "starts_tried": self.starts_tried,
        }  # fmt: skip


def binding_labels(
    results: Mapping[str, TaskResult] | Iterable[TaskResult], d3: bool = False
) -> tuple[list[BindingLabel], list[tuple[str, str]]]:
    """Every label that the results give.

    Parameters
    ----------
    results
        Of one campaign.
    d3
        Whether the D3 share is computed (package dftd3; where it is missing, the status says so).

    Returns
    -------
    (labels, refused)
        Labels by site and alkali; refused holds ``("SITE;ALKALI", reason)``.
    """
    there = Results(results)
    labels, refused = [], []
    for site, alkali in sorted(there.pairs):
        try:
            labels.append(_label(site, alkali, there, d3))
        except SacmlError as error:
            refused.append((f"{site};{alkali}", str(error)))
    return labels, refused


def binding_label(
    site: Site | str,
    alkali: str,
    results: Mapping[str, TaskResult] | Iterable[TaskResult],
    d3: bool = False,
) -> BindingLabel:
    """Label of one (site, alkali).

    Raises
    ------
    LabelError
        If no start is finished, or site or atom are missing; the message says what is.
    MixedReferenceError
        If the results belong to different levels of theory or settings.
    """
    text = str(Site.parse(site) if isinstance(site, str) else site)
    return _label(text, alkali, Results(results), d3)


def _starts(
    starts: Iterable[TaskResult], bare: Energy, atom: Energy
) -> list[tuple[TaskResult, float]]:
    found = [(r, signs.binding(Energy.of(r), bare, atom)) for r in starts if r.ok]
    return sorted(found, key=lambda item: item[1])


def _lowest(
    ranked: list[tuple[TaskResult, float]],
) -> tuple[tuple[TaskResult, float], tuple[str, ...]]:
    """Lowest start that may be the label, and the keys of those that lost their shell."""
    ended = []
    for result, _ in ranked:
        atoms = result.atoms()
        centre, shell = (unmark(atoms.info.get(name)) for name in ("centre", "shell"))
        place = start_of(result.key).split("/")[0]
        kept = shell_kept(atoms, centre, shell)
        ended.append(Ended(place, bool(result.geometry_converged), kept))
    lost = tuple(r.key for (r, _), e in zip(ranked, ended, strict=True) if not e.kept)
    usable = [start for start, use in zip(ranked, counted(ended), strict=True) if use]
    if not usable:
        said = ", ".join(f"{start_of(r.key)} ({e:.2f} eV)" for r, e in ranked)
        raise LabelError(
            f"the metal leaves its shell from every start, so that none is a binding energy on the "
            f"site: {said}; look at the structures, or try other places"
        )
    return usable[0], lost


def _label(site: str, alkali: str, there: Results, d3: bool) -> BindingLabel:
    starts, bare = there.pairs.get((site, alkali), []), there.bare(site)
    atom, bulk = there.energy(atom_key(alkali)), there.energy(bulk_key(alkali))
    if atom is None:
        raise LabelError(f"{atom_key(alkali)} has no energy, so nothing binds against it")
    ranked = _starts(starts, Energy.of(bare), atom)
    if not ranked:
        said = "; ".join(f"{r.key}: {r.reason}" for r in starts) or "none has a result"
        raise LabelError(f"{site} with {alkali}: no start is finished ({said})")
    (best, against_atom), lost = _lowest(ranked)
    relative = _graphene(alkali, atom, there)
    final = best.atoms()
    shape = measure(final, bare.atoms())
    flags = [*flags_of(best, bare, starts, shape.largest_metal_bond_change_A)]
    flags += [f"start {start_of(key)} not counted: the metal left its shell" for key in lost]
    flags += [f"no {n}" for n, v in (("bulk reference", bulk), ("graphene", relative)) if v is None]
    stability, held = _metal(site, Energy.of(bare), there)
    flags += [STAND_INS[m] for m in Site.parse(site).metals if stability is not None
              and m in STAND_INS]  # fmt: skip
    share = dispersion(best, bare, there.by_key.get(bulk_key(alkali))) if d3 else Dispersion()
    against_bulk = None if bulk is None else signs.binding(Energy.of(best), Energy.of(bare), bulk)
    return BindingLabel(
        site=site, alkali=alkali, key=best.key, site_key=bare.key,
        binding_energy_atom_eV=against_atom,
        binding_energy_bulk_eV=against_bulk,
        relative_to_graphene_eV=None if relative is None else against_atom - relative,
        d3_share_atom_eV=share.atom_eV, d3_share_bulk_eV=share.bulk_eV, d3_status=share.status,
        binding_energy_atom_d3_eV=plus(against_atom, share.atom_eV),
        binding_energy_bulk_d3_eV=plus(against_bulk, share.bulk_eV),
        starts=tuple((r.key, e) for r, e in ranked), shell_lost=lost,
        level_of_theory=best.level_of_theory, settings_digest=best.settings_digest,
        site_moment_muB=bare.moment_muB, site_alkali_moment_muB=best.moment_muB,
        alkali_charge_e=best.charges_e[-1] if best.charges_e else None,
        charges_method=best.charges_method, metal_stability_eV=stability,
        metal_binding_atom_eV=held,
        geometry_converged=bool(best.geometry_converged),
        site_geometry_converged=bool(bare.geometry_converged),
        max_force_eV_A=best.max_force_eV_A, relax_max_force_eV_A=best.relax_max_force_eV_A,
        width_eV=best.width_eV, seconds=sum(best.timings_s.values()), flags=tuple(flags),
        versions=tuple(sorted(best.versions.items())),
        **{f.name: getattr(shape, f.name) for f in fields(shape)},
    )  # fmt: skip


def _graphene(alkali: str, atom: Energy, there: Results) -> float | None:
    """Binding energy on pristine graphene, lowest start, on the same grid."""
    if not any(r.ok for r in there.sites.get(PRISTINE, [])):
        return None
    bare = Energy.of(there.bare(PRISTINE))
    ranked = _starts(there.pairs.get((PRISTINE, alkali), []), bare, atom)
    return ranked[0][1] if ranked else None


def _metal(site: str, bare: Energy, there: Results) -> tuple[float | None, float | None]:
    """Energy of the metal against its bulk and its atom; None where a reference is missing."""
    parsed = Site.parse(site)
    if len(parsed.metals) != 1 or parsed.axial:
        return None, None
    text = str(empty_site(parsed))
    if not any(r.ok for r in there.sites.get(text, [])):
        return None, None
    empty = Energy.of(there.bare(text))
    metal, atom = (there.energy(key(parsed.metals[0])) for key in (bulk_key, atom_key))
    return (
        None if metal is None else signs.metal_stability(bare, empty, [metal]),
        None if atom is None else signs.metal_binding(bare, empty, atom),
    )
