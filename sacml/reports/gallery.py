"""A page of structures to look at: pictures, sources, and how far each is idealised."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.errors import SacmlError

if TYPE_CHECKING:
    from sacml.structures import Structure

DPI = 100


@dataclass(frozen=True, slots=True)
class Picture:
    """One structure on the page.

    Attributes
    ----------
    structure
        What is shown.
    problems
        What `sacml.structures.checks.problems` says of it; empty where it holds.
    """

    structure: "Structure"
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One host or one system.

    Attributes
    ----------
    title, subtitle
        Name, and its notation or meaning.
    notes
        Sentences about the entry as a whole, e.g. what the notation of a system assumes.
    pictures, refused
        What was built, and ``(candidate, reason)`` of what was not.
    """

    title: str
    subtitle: str = ""
    notes: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Entries of one kind."""

    title: str
    entries: tuple[Entry, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Everything on the page.

    Attributes
    ----------
    stand_ins
        ``(host, what it borrows)``: hosts without a cited lattice of their own.
    """

    sections: tuple[Section, ...]
    stand_ins: tuple[tuple[str, str], ...] = ()
    title: str = "Structures"
    figures: tuple[tuple[str, str], ...] = field(default=())
    """``(label, value)`` shown first."""

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """All structures, section by section."""
        return tuple(p for s in self.sections for e in s.entries for p in e.pictures)

    @property
    def refused(self) -> tuple[tuple[str, str, str], ...]:
        """``(entry, candidate, reason)`` of all that was not built."""
        return tuple((e.title, *r) for s in self.sections for e in s.entries for r in e.refused)


def degree(structure: "Structure") -> tuple[str, str]:
    """How far a structure is idealised: a word for the page's style, and what is printed."""
    if not structure.counted:
        return "standin", "stand-in"
    n = len(structure.idealisation)
    if n == 0:
        return "cited", "as cited"
    return "ideal", f"idealised in {n} respect{'s' * (n > 1)}"


def write_gallery(path: str | Path, gallery: Gallery) -> Path:
    """Write the page as one HTML file that loads nothing; returns its path.

    Raises
    ------
    SacmlError
        If there is nothing to show, or the file cannot be written.
    """
    if not gallery.sections:
        raise SacmlError("an empty gallery: give at least one section")
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(gallery), encoding="utf-8")
    except OSError as error:
        raise SacmlError(f"cannot write {path}: {error.strerror or error}") from None
    return path


def render(gallery: Gallery) -> str:
    """Return the page as text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sacml.reports", "templates"), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    sections = [_section(i, s) for i, s in enumerate(gallery.sections)]
    return environment.get_template("gallery.html.j2").render(
        title=gallery.title,
        figures=_figures(gallery),
        sections=sections,
        stand_ins=gallery.stand_ins,
        refused=gallery.refused,
    )


def _figures(gallery: Gallery) -> list[tuple[str, str]]:
    pictures = gallery.pictures
    kinds = [degree(p.structure)[0] for p in pictures]
    found = [
        ("structures", str(len(pictures))),
        ("as cited", str(kinds.count("cited"))),
        ("idealised", str(kinds.count("ideal"))),
        ("of stand-in hosts", str(kinds.count("standin"))),
        ("hold every check", str(sum(not p.problems for p in pictures))),
        ("not built", str(len(gallery.refused))),
    ]
    return [*gallery.figures, *found]


def _section(number: int, section: Section) -> dict[str, Any]:
    return {
        "id": f"s{number}",
        "title": section.title,
        "text": section.text,
        "entries": [_entry(f"s{number}e{i}", e) for i, e in enumerate(section.entries)],
    }


def _entry(key: str, entry: Entry) -> dict[str, Any]:
    shared = _shared([p.structure for p in entry.pictures])
    return {
        "id": key,
        "title": entry.title,
        "subtitle": entry.subtitle,
        "notes": entry.notes,
        "source": shared[0],
        "idealisation": shared[1],
        "pictures": [_picture(p, shared[0], shared[1]) for p in entry.pictures],
        "refused": entry.refused,
    }


def _shared(structures: Sequence["Structure"]) -> tuple[str, tuple[str, ...]]:
    """Source and sentences that all structures of an entry have, so that they are said once."""
    if not structures:
        return "", ()
    sources = {s.host_source for s in structures}
    sentences = [
        x for x in structures[0].idealisation if all(x in s.idealisation for s in structures)
    ]
    return (sources.pop() if len(sources) == 1 else ""), tuple(dict.fromkeys(sentences))


def _picture(picture: Picture, source: str, said: Sequence[str]) -> dict[str, Any]:
    from sacml.structures.render import png

    structure = picture.structure
    kind, words = degree(structure)
    data = base64.b64encode(png(structure, DPI)).decode("ascii")
    return {
        "data": f"data:image/png;base64,{data}",
        "name": structure.candidate,
        "kind": kind,
        "degree": words,
        "id": structure.structure_id,
        "formula": structure.atoms.get_chemical_formula(),
        "strain": f"{structure.strain:.1%}" if structure.strain > 5e-4 else "",
        "electrons": structure.electrons,
        "source": "" if source else structure.host_source,
        "idealisation": [x for x in structure.idealisation if x not in said],
        "problems": picture.problems,
    }
