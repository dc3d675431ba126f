"""One finished or failed calculation, whoever ran it."""

from dataclasses import dataclass, field
from typing import Any

from ase import Atoms

from sacml.domain import Site
from sacml.labels import LabelError
from sacml.labels.shells import first_shell, shell_kept

OWN, OTHER = "dft_own", "dft_other_settings"
GROUP = "sacml-dft"


@dataclass(frozen=True)
class Calculation:
    """A calculation and what energies it may be subtracted from.

    Attributes
    ----------
    key
        Unique in the dataset.
    kind
        ``site``, ``ads``, ``atom``, ``bulk``; others are listed and enter no energy difference.
    source
        ``campaign``, or the name of a folder of `sacml label`.
    element
        Of an atom or a bulk metal; the alkali metal of ``ads``.
    fidelity, level
        ``dft_own`` at the protocol's own settings; others have a level that names the difference.
    converged
        Largest force of the relaxation within the protocol's limit; True where nothing relaxes.
    atoms
        Final structure, with ``F`` (eV/A), ``m`` (Bohr magnetons) and ``metal_index`` in ``info``.
    columns
        What the tables print of it, by their column names.
    """

    key: str
    kind: str
    source: str
    ok: bool
    fidelity: str
    level: str
    element: str = ""
    site: str = ""
    start: str = ""
    energy: float | None = None
    converged: bool = True
    atoms: Atoms | None = None
    columns: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Place of the alkali without its start moment or repeat."""
        return self.start.split("/")[0]

    @property
    def shell_kept(self) -> bool:
        """Whether the metal still has the neighbours that the site names; True without one."""
        if self.atoms is None or (metal := int(self.atoms.info["metal_index"])) < 0:
            return True
        try:
            around = first_shell(self.atoms, metal, Site.parse(self.site))
        except LabelError:
            return False
        return shell_kept(self.atoms, [metal], around)

    @property
    def frame(self) -> tuple[Any, ...]:
        """What must be alike for energies to be subtracted: level and cell."""
        assert self.atoms is not None, self.key
        cell = tuple(round(float(v), 2) for v in self.atoms.cell.cellpar())
        return self.fidelity, self.level, cell
