"""Level of theory of a calculation: what a file writes, what a user states, what differs.

The text form is ``code=VASP;functional=PBE;u=Fe:4;dispersion=D3;cutoff=520 eV;kpoints=3x3x1``;
it is what `--level-of-theory` takes and what records carry. ``u=none`` and ``dispersion=none``
say that there is none; a field that is left out is not known.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from ase.data import chemical_symbols
from ase.units import Ry

from sacml.errors import NotationError, unknown

NONE, ON = "none", "on"
"""No +U (or no dispersion); +U switched on with values that the file does not write."""
FIELDS = ("code", "functional", "u", "dispersion", "cutoff", "kpoints")
"""What must be known before an energy is compared with another one."""
_WORDS = {"u": "+U", "kpoints": "k-points"}
_NUMBER = r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
_U_ITEM = re.compile(rf"([A-Z][a-z]?)[:=]({_NUMBER}(?:/J{_NUMBER})?)\Z")


def normal_u(value: object) -> str:
    """Write +U as ``none``, ``on`` or ``Fe:4,Ni:3.5`` (elements in alphabetical order, eV)."""
    if isinstance(value, Mapping):
        items = {str(k): str(v) for k, v in value.items()}
    else:
        text = str(value).strip()
        if text.lower() in ("none", "no", "f", "false", "0", ".false.", "off"):
            return NONE
        if text.lower() in ("on", "yes", "t", "true", "1", ".true."):
            return ON
        found = [_U_ITEM.match(item.strip()) for item in text.split(",")]
        if not all(found):
            raise NotationError(
                f"cannot read +U {text!r}: write none, or values in eV such as Fe:4,Ni:3.5"
            )
        items = {m[1]: m[2] for m in found if m}
    strange = sorted(set(items) - set(chemical_symbols))
    if strange:
        raise NotationError(f"+U names {', '.join(strange)}, which is no element")
    kept = {s: _plain(v) for s, v in sorted(items.items())}
    return ",".join(f"{s}:{v}" for s, v in kept.items() if v not in ("0", "-0")) or NONE


def _plain(text: str) -> str:
    return text if "/" in text else f"{float(text):g}"


def normal_dispersion(value: object) -> str:
    """Write a dispersion correction in one spelling; VASP's LVDW and IVDW are understood."""
    text = str(value).strip()
    plain = text.lower().replace("-", "").replace("_", "").replace(" ", "")
    if "lvdw=t" in plain or plain in ("d2", "dftd2", "grimmed2", "1", "10"):
        return "D2"
    if plain in ("none", "no", "false", "f", "0", "off"):
        return NONE
    if not plain:
        return ""  # a dash or a blank says nothing
    names = {"d3": "D3", "dftd3": "D3", "d3(zero)": "D3", "11": "D3", "grimmed3": "D3",
             "d3bj": "D3(BJ)", "d3(bj)": "D3(BJ)", "dftd3(bj)": "D3(BJ)", "12": "D3(BJ)",
             "d4": "D4", "dftd4": "D4", "13": "D4", "ts": "TS", "2": "TS", "20": "TS",
             "mbd": "MBD", "202": "MBD"}  # fmt: skip
    return names.get(plain, f"IVDW={text}" if text.isdecimal() else text)


def normal_cutoff(value: object) -> str:
    """Write a cutoff in eV; a number without unit is eV; other texts stay."""
    text = str(value).strip()
    match = re.match(rf"({_NUMBER})\s*(eV|Ry)?\Z", text, re.IGNORECASE)
    if not match:
        return text
    factor = Ry if (match[2] or "").lower() == "ry" else 1.0
    return f"{round(float(match[1]) * factor, 2):g} eV"


def normal_kpoints(value: object) -> str:
    """Write a grid as ``3x3x1``; ``gamma`` is ``1x1x1``; other texts stay."""
    if isinstance(value, list | tuple):
        return "x".join(map(str, value))
    text = str(value).strip()
    if text.lower() in ("gamma", "g", "γ"):
        return "1x1x1"
    match = re.match(r"[\[(]?\s*(\d+)\s*[x, ×*]\s*(\d+)\s*[x, ×*]\s*(\d+)\s*[\])]?\s*(.*)\Z", text)
    return " ".join(filter(None, ("x".join(match.groups()[:3]), match[4]))) if match else text


_NORMAL: dict[str, Callable[[Any], str]] = {
    "code": lambda v: str(v).strip(),
    "functional": lambda v: str(v).strip(),
    "u": normal_u,
    "dispersion": normal_dispersion,
    "cutoff": normal_cutoff,
    "kpoints": normal_kpoints,
}


@dataclass(frozen=True, slots=True)
class Level:
    """What decides whether two total energies may be subtracted; None is not known.

    Attributes
    ----------
    code, functional, u, dispersion, cutoff, kpoints
        Texts in the normal spelling of this module.
    potentials
        ``((element, name), ...)`` of pseudopotentials or setups, where written.
    other
        ``((setting, text), ...)``, compared and mentioned but no reason to refuse.
    """

    code: str | None = None
    functional: str | None = None
    u: str | None = None
    dispersion: str | None = None
    cutoff: str | None = None
    kpoints: str | None = None
    potentials: tuple[tuple[str, str], ...] = ()
    other: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for name in FIELDS:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _NORMAL[name](value) or None)

    @classmethod
    def parse(cls, text: str) -> "Level":
        """Read the text form.

        Raises
        ------
        SacmlError
            If a part is no ``field=value``, or the field is not one of `FIELDS`.
        """
        given: dict[str, Any] = {}
        for part in filter(None, (p.strip() for p in text.split(";"))):
            key, equals, value = (p.strip() for p in part.partition("="))
            if not equals or not value:
                raise NotationError(
                    f"cannot read {part!r} in level of theory {text!r}: write field=value joined "
                    "by ;, e.g. code=VASP;functional=PBE;u=none;dispersion=D3;cutoff=520 eV;"
                    "kpoints=3x3x1"
                )
            name = {"+u": "u", "k-points": "kpoints"}.get(key.lower(), key.lower())
            if name not in FIELDS:
                raise unknown("field of a level of theory", key, FIELDS)
            if name in given:
                raise NotationError(f"{key} stands twice in level of theory {text!r}")
            given[name] = value
        return cls(**given)

    def __str__(self) -> str:
        pairs = ((n, getattr(self, n)) for n in FIELDS)
        return ";".join(f"{n}={v}" for n, v in pairs if v is not None)

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields that are not known."""
        return tuple(n for n in FIELDS if getattr(self, n) is None)

    def filled(self, stated: "Level") -> tuple["Level", tuple[str, ...]]:
        """Fill what is not written by what is stated; also list where the two disagree."""
        changes, against = {}, []
        for name in FIELDS:
            mine, theirs = getattr(self, name), getattr(stated, name)
            if mine is None:
                changes[name] = theirs
            elif theirs is not None and not _same(name, mine, theirs):
                against.append(f"{_word(name)} {mine} is written, {theirs} was stated")
        return replace(self, **changes), tuple(against)

    def of(self, elements: Collection[str]) -> "Level":
        """Return this level with the +U of these elements only."""
        if self.u in (None, NONE, ON):
            return self
        values = dict(item.split(":") for item in (self.u or "").split(","))
        return replace(self, u=normal_u({s: v for s, v in values.items() if s in elements}))

    def differences(
        self, other: "Level", elements: Collection[str], kpoints: bool = True
    ) -> tuple[str, ...]:
        """Sentences on what keeps two energies apart, ``mine`` first.

        Parameters
        ----------
        other
            The level of the other energy.
        elements
            Elements in both: +U and potentials are compared for these only.
        kpoints
            Whether the grids must agree; not so for a reference in a cell of its own.
        """
        mine, theirs = self.of(elements), other.of(elements)
        found = []
        for name in FIELDS:
            a, b = getattr(mine, name), getattr(theirs, name)
            if (name != "kpoints" or kpoints) and a and b and not _same(name, a, b):
                found.append(f"{_word(name)} differs ({_shown(a)} and {_shown(b)})")
        ours, others = dict(self.potentials), dict(other.potentials)
        found += [
            f"potential of {s} differs ({ours[s]} and {others[s]})"
            for s in sorted(set(elements) & set(ours) & set(others))
            if ours[s] != others[s]
        ]
        return tuple(found)

    def remarks(self, other: "Level") -> tuple[str, ...]:
        """Differences of further settings, which are told but not refused."""
        ours, others = dict(self.other), dict(other.other)
        return tuple(
            f"{n} differs ({ours[n]} and {others[n]})"
            for n in sorted(set(ours) & set(others))
            if ours[n] != others[n]
        )


assert {f.name for f in fields(Level)} > set(FIELDS)


def _same(name: str, a: str, b: str) -> bool:
    return a == b if name in ("u", "kpoints") else a.casefold() == b.casefold()


def _word(name: str) -> str:
    return _WORDS.get(name, name)


def _shown(value: str) -> str:
    return "on, values not written" if value == ON else value
