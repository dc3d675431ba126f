"""VASP: vasprun.xml, or OUTCAR with KPOINTS beside it."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sacml.data.importers.calculations_entry import Entry, Left, read_atoms
from sacml.data.importers.calculations_level import NONE, ON, Level, normal_u

# Spelling of the GGA tag in the INCAR -> name of the functional (VASP wiki, tag GGA)
_GGA = {"PE": "PBE", "RP": "RPBE", "PS": "PBEsol", "91": "PW91", "CA": "LDA", "BF": "BEEF",
        "RE": "revPBE", "B3": "B3LYP"}  # fmt: skip
_POTCAR = {"PAW_PBE": "PBE", "PAW_GGA": "PW91", "PAW": "LDA"}


@dataclass
class _Run:
    """Tags by lower-case name and what else the level and the convergence need."""

    tags: dict[str, str] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    kpoints: str | None = None
    electronic_steps: int = 0
    ionic_steps: int = 0


def read_vasprun(path: Path, name: str) -> Entry | Left:
    """Read vasprun.xml."""
    try:
        run = _scan(path)
        atoms = read_atoms(path, "vasp-xml")
    except ET.ParseError as error:
        return Left(name, f"vasprun.xml is cut short ({error}): finish or repeat the run")
    except Exception as error:  # ASE passes on whatever a damaged file gives rise to
        return Left(name, f"vasprun.xml cannot be read ({type(error).__name__}: {error})")
    problems = []
    limit = int(float(run.tags.get("nelm", "60")))
    if run.electronic_steps >= limit:
        problems.append(f"the SCF of the last step did not converge in NELM = {limit} steps")
    steps, brake = int(float(run.tags.get("nsw", "0"))), run.tags.get("ibrion", "-1").strip()
    if steps > 1 and brake not in ("-1", "0") and run.ionic_steps >= steps:
        problems.append(f"the relaxation used up its NSW = {steps} steps")
    return _entry(name, atoms, run, problems)


def _scan(path: Path) -> _Run:
    run = _Run()
    for _, element in ET.iterparse(path):
        if element.tag in ("incar", "parameters"):
            # `parameters` follows `incar` and holds the defaults too
            run.tags |= _tags(element)
        elif element.tag == "array" and element.get("name") == "atomtypes":
            rows = element.findall("set/rc")
            run.titles = [str(r.findall("c")[-1].text).strip() for r in rows]
        elif element.tag == "kpoints":
            run.kpoints = _generation(element) or run.kpoints
        elif element.tag == "calculation":
            run.electronic_steps = len(element.findall("scstep"))
            run.ionic_steps += 1
            element.clear()
    return run


def _tags(element: ET.Element) -> dict[str, str]:
    return {
        str(e.get("name")).lower(): (e.text or "").strip()
        for e in element.iter()
        if e.tag in ("i", "v") and e.get("name")
    }


def _generation(element: ET.Element) -> str | None:
    made = element.find("generation")
    if made is None:
        return None
    words = {e.get("name"): (e.text or "").strip() for e in made.iter() if e.get("name")}
    if "divisions" in words:
        return _grid(words["divisions"].split(), str(made.get("param", "")))
    return f"automatic {words['subdivisionlength']}" if "subdivisionlength" in words else None


def _grid(divisions: Iterable[str], scheme: str) -> str:
    numbers = [int(n) for n in divisions]
    even = any(n % 2 == 0 for n in numbers)
    return "x".join(map(str, numbers)) + (
        " Gamma-centred" if scheme.lower().startswith("g") and even else ""
    )


def read_outcar(path: Path, name: str) -> Entry | Left:
    """Read OUTCAR; the grid comes from KPOINTS beside it."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if "General timing and accounting" not in text:
        return Left(name, "OUTCAR is cut short: it does not end with the timing of a finished run")
    try:
        atoms = read_atoms(path, "vasp-out")
    except Exception as error:  # see above
        return Left(name, f"OUTCAR cannot be read ({type(error).__name__}: {error})")
    run = _Run(tags={k.lower(): v for k, v in _TAG.findall(text)})
    run.tags |= {k.lower(): v.strip() for k, v in _SPECIES.findall(text)}
    run.titles = list(dict.fromkeys(t.strip() for t in _TITLE.findall(text)))
    run.kpoints = _kpoints_file(path.with_name("KPOINTS"))
    problems = []
    ends = [m for m in text.splitlines() if "aborting loop" in m]
    if not ends or "EDIFF is reached" not in ends[-1]:
        problems.append("the SCF of the last step did not converge")
    relaxed = int(run.tags.get("nsw", "0")) > 1 and run.tags.get("ibrion") not in ("-1", "0", None)
    if relaxed and "reached required accuracy" not in text:
        problems.append("the relaxation did not reach its required accuracy")
    return _entry(name, atoms, run, problems)


_TAG = re.compile(
    r"^\s*(ENCUT|GGA|METAGGA|LHFCALC|LUSE_VDW|NSW|IBRION|ISPIN|IVDW|LVDW|LDAUTYPE|AEXX|HFSCREEN|"
    r"PREC|LASPH|LDAU)\s*=\s*(\S+)", re.MULTILINE,
)  # fmt: skip
_SPECIES = re.compile(r"for each species (LDAU[LUJ])\s*=([ \d.\-]+)")
_TITLE = re.compile(r"(?:TITEL\s*=|^ POTCAR:)\s*(.+)", re.MULTILINE)


def _kpoints_file(path: Path) -> str | None:
    if not path.is_file():
        return None
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    try:
        scheme, words = lines[2].strip(), lines[3].split()
        if scheme[:1].lower() in "gm":
            return _grid(words[:3], scheme)
        return f"automatic {words[0]}" if scheme[:1].lower() == "a" else None
    except (IndexError, ValueError):
        return None


def _entry(name: str, atoms: object, run: _Run, problems: list[str]) -> Entry:
    from ase import Atoms

    assert isinstance(atoms, Atoms)
    results = atoms.calc.results if atoms.calc is not None else {}
    energy = results.get("energy")
    if energy is None:
        problems = [*problems, "no energy in the file"]
    facts = (("energy_read_from", "energy(sigma->0)"),)
    return Entry(name, atoms, energy, _level(run), tuple(problems), facts=facts)


def _level(run: _Run) -> Level:
    tags, symbols = run.tags, [_symbol(t) for t in run.titles]
    cutoff = tags.get("encut") or tags.get("enmax")
    return Level(
        code="VASP",
        functional=_functional(tags, run.titles),
        u=_hubbard(tags, symbols),
        dispersion=_dispersion(tags),
        cutoff=cutoff,
        kpoints=run.kpoints,
        potentials=tuple(sorted(zip(symbols, run.titles, strict=True))),
        other=tuple((k, tags[k]) for k in ("prec", "lasph", "ispin") if k in tags),
    )


def _symbol(title: str) -> str:
    words = title.split()
    return (words[1] if len(words) > 1 else words[0]).partition("_")[0]


def _on(tags: Mapping[str, str], name: str) -> bool:
    return tags.get(name, "F").strip().strip(".").upper().startswith("T")


def _functional(tags: Mapping[str, str], titles: list[str]) -> str | None:
    if _on(tags, "lhfcalc"):
        return f"hybrid(AEXX={tags.get('aexx', '?')},HFSCREEN={tags.get('hfscreen', '?')})"
    meta = tags.get("metagga", "--").strip()
    if meta not in ("--", "", "F", "None", "NONE"):
        return meta
    gga = tags.get("gga", "--").strip()
    if gga in ("--", ""):
        kinds = {_POTCAR.get(t.split()[0]) for t in titles}
        return kinds.pop() if len(kinds) == 1 else None
    return _GGA.get(gga.upper(), gga)


def _dispersion(tags: Mapping[str, str]) -> str:
    if _on(tags, "luse_vdw"):
        return "nonlocal (LUSE_VDW)"
    number = tags.get("ivdw", "0").strip()
    return "D2" if number == "0" and _on(tags, "lvdw") else number


def _hubbard(tags: Mapping[str, str], symbols: list[str]) -> str:
    if "ldauu" not in tags:
        return ON if _on(tags, "ldau") else NONE
    if "ldau" in tags and not _on(tags, "ldau"):
        return NONE
    values = [float(x) for x in tags["ldauu"].split()]
    exchange = [float(x) for x in tags.get("ldauj", "").split()] or [0.0] * len(values)
    shells = tags.get("ldaul", "").split() or ["2"] * len(values)
    if not len(values) == len(exchange) == len(shells) == len(symbols):
        return ON
    # LDAUTYPE = 2 (the default) knows the difference only
    simple = tags.get("ldautype", "2").strip() == "2"
    return normal_u({
        s: f"{u - j:g}" if simple or not j else f"{u:g}/J{j:g}"
        for s, u, j, shell in zip(symbols, values, exchange, shells, strict=True)
        if shell != "-1"
    })  # fmt: skip
