"""Which sites of a space the structure builder takes, asked per scaffold and not per candidate."""

from collections.abc import Sequence
from functools import cache

from sacml.design.space.parts import Surroundings
from sacml.domain.elements import element
from sacml.domain.hosts import Host
from sacml.domain.shells import Shell
from sacml.domain.sites import Site


@cache
def refusal(site: Site) -> str | None:
    """Why no checked structure can be built of a site, or None."""
    from sacml.errors import SacmlError
    from sacml.structures import build, problems

    try:
        found = problems(build(site))
        reason = found[0] if found else None
    except SacmlError as error:
        reason = str(error)
    return None if reason is None else _general(reason, site)


def _general(reason: str, site: Site) -> str:
    """Take out of a reason what names the one site, so that it counts for all like it."""
    text = reason.removeprefix(f"{site}: ")
    for mark in (": ", "; ", " ("):
        text = text.partition(mark)[0]
    words = {**dict.fromkeys(site.metals, "the metal"), str(site.shell): "the shell"}
    return " ".join(words.get(word, word) for word in text.split())


class Buildable:
    """What the builder refuses in one host around one number of centres.

    What a shell refuses are the smallest and the largest metals, so they are asked in order of
    covalent radius from both ends until one is taken; of 7871 sites of the default space this
    misses five, which are caught when the list is chosen. A pair of metals is refused if the
    builder refuses two of one of them. Ligands and dopants are asked once for each number of
    neighbours, with the metal of middle size that the shell takes.
    """

    def __init__(
        self,
        host: Host,
        centres: Sequence[tuple[str, ...]],
        shells: Sequence[Shell],
        around: Sequence[Surroundings],
    ) -> None:
        self.host, self.n = host, len(centres[0])
        metals = sorted({m for c in centres for m in c}, key=lambda m: (_radius(m), m))
        self.metals = {shell: self._metals(shell, metals) for shell in shells}
        self.around: dict[tuple[int | None, Surroundings], str | None] = {}
        for shell in shells:
            taken = [m for m in metals if m not in self.metals[shell]]
            for each in around:
                if taken and each != ((), ()) and (shell.size, each) not in self.around:
                    middle = taken[len(taken) // 2]
                    self.around[(shell.size, each)] = self._ask(middle, shell, each)

    def _ask(self, metal: str, shell: Shell, around: Surroundings = ((), ())) -> str | None:
        return refusal(Site((metal,) * self.n, shell, self.host, *around))

    def _metals(self, shell: Shell, metals: Sequence[str]) -> dict[str, str]:
        """Metals that are refused in a shell, with the reason."""
        refused: dict[str, str] = {}
        for order in (metals, metals[::-1]):
            for metal in order:
                reason = self._ask(metal, shell)
                if reason is None:
                    break
                refused[metal] = reason
        return refused

    def view_centre(self, centre: tuple[str, ...]) -> tuple[bool, ...]:
        """In which shells a set of centres is refused."""
        return tuple(any(m in refused for m in centre) for refused in self.metals.values())

    def view_shell(self, shell: Shell) -> tuple[object, ...]:
        """Return the metals that a shell refuses, and its number of neighbours."""
        return (shell.size, tuple(self.metals[shell].items()))

    def reason(self, centre: tuple[str, ...], shell: Shell, around: Surroundings) -> str | None:
        """Why sites like this one are refused, or None."""
        refused = self.metals[shell]
        found = next((refused[m] for m in centre if m in refused), None)
        if found is None:
            found = self.around.get((shell.size, around))
        return None if found is None else f"structure builder refuses {self.host}: {found}"


def _radius(metal: str) -> float:
    return element(metal).covalent_radius_A
