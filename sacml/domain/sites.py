"""Sites: metal centre(s), first shell and host, with their line notation.

::

    Co-N4@graphene                    one centre, four N, in graphene
    Co-N2C2(trans)@graphene           an isomer
    Co-N4(pyrrolic)@graphene          the type of N
    Fe-N4+OH@graphene                 an axial ligand
    Co-N4~S1@graphene                 a dopant in the second shell
    Fe+Ni-N6@graphene                 two centres that share a shell
    Zn-?@hard_carbon                  a shell that the source does not print
    Co-N?O?@graphene                  a shell of which only the elements are printed
    Zn-N3@graphene(v=single)          the vacancy that anchors the metal
    Zn-C3@ti3c2(v=Ti,T=Cl)            vacancy and termination of an MXene
    Co-N4@cnt(10,0)                   a nanotube
    Pt-?@in2s3|ti3c2                  a junction of hosts; the first one carries the site
    vac-N4@graphene                   the empty site
    @graphene                         the host alone
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from sacml.domain.elements import ALKALI, METALS
from sacml.domain.hosts import Host
from sacml.domain.shells import Shell, candidates_for, format_counts, parse_counts
from sacml.errors import NotationError, unknown

AXIAL_LIGANDS = ("OH", "O", "O2", "H", "H2O", "F", "Cl", "Br", "I", "N", "NH3", "CN", "CO", "S")
MAX_METALS = 2
EMPTY = "vac"

_SITE = re.compile(
    r"(?:(?P<centre>[A-Za-z+]+)-(?P<shell>\?|[A-Za-z0-9?]+)(?:\((?P<qualifiers>[^()@]*)\))?"
    r"(?P<axial>(?:\+[A-Za-z0-9]+)*)(?:~(?P<second>[A-Za-z0-9]+))?)?@(?P<host>.+)\Z"
)


@dataclass(frozen=True, slots=True)
class Site:
    """One site, validated against what its host admits.

    Attributes
    ----------
    metals
        Symbols of the centres in alphabetical order; empty for an empty site or a bare host.
    shell
        First coordination shell; None for a bare host.
    host
        The host as written.
    axial
        Ligands on the centre out of the plane, in alphabetical order.
    second_shell
        ``((element, number), ...)`` of dopants in the second shell.
    """

    metals: tuple[str, ...]
    shell: Shell | None
    host: Host
    axial: tuple[str, ...] = ()
    second_shell: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "metals", tuple(sorted(self.metals)))
        object.__setattr__(self, "axial", tuple(sorted(self.axial)))
        for metal in self.metals:
            if metal in ALKALI:
                raise NotationError(
                    f"{metal} is a metal of the anode, no centre: give it as the alkali that meets "
                    "the site, e.g. Co-N4@graphene with alkali " + metal
                )
            if metal not in METALS:
                raise unknown("metal", metal, METALS, f"an empty site is written {EMPTY!r}")
        if len(self.metals) > MAX_METALS:
            raise NotationError(
                f"{len(self.metals)} centres in one site ({'+'.join(self.metals)}): at most "
                f"{MAX_METALS} are supported"
            )
        if self.shell is None:
            if self.metals or self.axial or self.second_shell:
                raise NotationError("a centre needs a shell; write -? where it is unknown")
            return
        self._canonicalise()
        self._check_shell(self.shell)
        self._check_surroundings()

    def _canonicalise(self) -> None:
        """Drop what only repeats the host's default, so that equal sites compare equal."""
        shell, part = self.shell, self.host.parts[0]
        assert shell is not None
        kind = part.type
        if shell.nitrogen is not None and shell.nitrogen == kind.nitrogen:
            object.__setattr__(self, "shell", replace(shell, nitrogen=None))
        by_size = kind.vacancy_by_size.get(shell.size or 0)
        if len(self.metals) < 2 and part.vacancy is not None and part.vacancy == by_size:
            parts = (replace(part, vacancy=None), *self.host.parts[1:])
            object.__setattr__(self, "host", Host(parts))

    def _check_shell(self, shell: Shell) -> None:
        kind = self.host.type
        if not kind.holds_sites:
            raise NotationError(
                f"host {kind.name!r} ({kind.title}) cannot hold a metal centre; hosts that can are "
                "listed by `sacml data hosts`"
            )
        foreign = [s for s, _ in shell.counts if s not in kind.anchors]
        if foreign:
            raise NotationError(
                f"impossible shell {shell.composition!r} in {kind.name}: {', '.join(foreign)} "
                f"cannot be a neighbour there; allowed: {', '.join(kind.anchors)}"
            )
        sizes = self.admitted_sizes
        if shell.size is not None and shell.size not in sizes:
            centres = "two centres" if len(self.metals) == 2 else "one centre"
            allowed = ", ".join(map(str, sizes)) or "none"
            raise NotationError(
                f"impossible shell {shell.composition!r} in {kind.name}: {shell.size} neighbours "
                f"of {centres}; allowed numbers: {allowed}"
            )
        if shell.counts and not shell.is_known and not self.possible_shells():
            raise NotationError(
                f"no shell of an admitted size ({', '.join(map(str, sizes))}) in {kind.name} holds "
                f"exactly the elements of {shell.composition!r}"
            )

    def _check_surroundings(self) -> None:
        for ligand in self.axial:
            if ligand not in AXIAL_LIGANDS:
                raise unknown("axial ligand", ligand, AXIAL_LIGANDS)
        if self.axial and not self.metals:
            raise NotationError("an empty site carries no axial ligand")
        if len(self.axial) > 2 * max(1, len(self.metals)):
            raise NotationError(f"{len(self.axial)} axial ligands: a centre has two faces")
        for symbol, number in self.second_shell:
            if symbol not in self.host.type.anchors:
                raise NotationError(
                    f"{symbol!r} cannot be a second-shell dopant of {self.host.type.name}; "
                    f"allowed: {', '.join(self.host.type.anchors)}"
                )
            if not 1 <= number <= MAX_SECOND_SHELL:
                raise NotationError(
                    f"{number} {symbol} dopants in the second shell: 1 to {MAX_SECOND_SHELL}"
                )

    @classmethod
    def parse(cls, text: str) -> "Site":
        """Read a site from its line notation.

        Raises
        ------
        NotationError
            With the part that cannot be read and what is allowed there.
        """
        return _parse(text.strip())

    @property
    def is_pristine(self) -> bool:
        """Whether this is a host alone, without a site."""
        return self.shell is None

    @property
    def is_empty(self) -> bool:
        """Whether this is a site whose metal is missing."""
        return self.shell is not None and not self.metals

    @property
    def is_control(self) -> bool:
        """Whether there is no metal centre."""
        return not self.metals

    @property
    def centre(self) -> str:
        """Metals joined by ``+``; ``vac`` for an empty site; an empty text for a bare host."""
        return "+".join(self.metals) or (EMPTY if self.is_empty else "")

    @property
    def admitted_sizes(self) -> tuple[int, ...]:
        """Numbers of neighbours the host admits around this many centres."""
        kind = self.host.type
        return kind.dual if len(self.metals) == 2 else kind.single

    def possible_shells(self) -> tuple[Shell, ...]:
        """Return the shells this site may have: one if known, else the host's mixture.

        A `?` shell of two centres stands for the admitted shells made of the elements of the
        host's common shells, all of one element.
        """
        if self.shell is None:
            return ()
        kind, common = self.host.type, self.host.type.shells
        if len(self.metals) == 2:
            elements = dict.fromkeys(s for c in common for s, _ in Shell.parse(c).counts)
            common = tuple(f"{e}{n}" for e in elements for n in kind.dual[:2])
        found = candidates_for(self.shell, common, self.admitted_sizes)
        stated = self.host.parts[0].vacancy
        if stated is None or len(self.metals) == 2 or self.shell.is_known:
            return found
        # a stated vacancy limits the number of neighbours where the host ties the two together
        by_size = kind.vacancy_by_size
        fitting = tuple(s for s in found if by_size.get(s.size or 0) == stated)
        return fitting or found

    def resolved(self) -> tuple["Site", ...]:
        """Return this site with each of its possible shells (itself where the shell is known)."""
        if self.shell is None or self.shell.is_known:
            return (self,)
        return tuple(replace(self, shell=shell) for shell in self.possible_shells())

    def __str__(self) -> str:
        if self.shell is None:
            return f"@{self.host}"
        axial = "".join(f"+{a}" for a in self.axial)
        second = f"~{format_counts(self.second_shell)}" if self.second_shell else ""
        return f"{self.centre}-{self.shell}{axial}{second}@{self.host}"


MAX_SECOND_SHELL = 8


@lru_cache(maxsize=100_000)
def _parse(text: str) -> Site:
    match = _SITE.match(text)
    if match is None:
        raise NotationError(
            f"cannot read site {text!r}: write METAL-SHELL@HOST, e.g. Co-N4@graphene, "
            "Fe+Ni-N6@graphene, Zn-?@hard_carbon, @graphene (bare host) or vac-N4@graphene (empty "
            "site)"
        )
    host = Host.parse(match["host"])
    if match["centre"] is None:
        return Site((), None, host)
    metals = () if match["centre"] == EMPTY else tuple(match["centre"].split("+"))
    if "" in metals:
        raise NotationError(f"cannot read the centres of {text!r}: write one metal or two, Fe+Ni")
    second = parse_counts(match["second"], "second shell") if match["second"] else ()
    return Site(
        metals,
        Shell.parse(match["shell"], match["qualifiers"]),
        host,
        axial=tuple(filter(None, match["axial"].split("+"))),
        second_shell=tuple((s, n) for s, n in second if n is not None),
    )
