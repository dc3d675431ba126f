"""Build every host and every system of the review, and write a page to look at.

    python experiments/gallery.py --out runs/gallery

Writes OUT/index.html (self-contained) and OUT/gallery.json (ids, checks and refusals as data).
"""

import argparse
import csv
import json
import time
from collections.abc import Iterable
from itertools import product
from pathlib import Path

from sacml._resources import dataset_path
from sacml.domain import Site, host_types
from sacml.errors import SacmlError
from sacml.reports.gallery import Entry, Gallery, Picture, Section, write_gallery
from sacml.structures import Structure, build, builders, stand_ins
from sacml.structures.checks import problems

METAL = "Co"
OTHER_METALS = {"cos": "Fe", "in2s3": "Pt"}
"""Metals shown in hosts that hold cobalt themselves, or that the review has with another one."""
GRAPHENE_FORMS = {
    "first shells": ("Co-C3", "Co-C4", "Co-O4", "Co-S4", "Co-P4", "Co-B4", "Zr-N4"),
    "isomers": ("Co-N2C2(trans)", "Co-N2C2(cis5)", "Co-N2C2(cis6)"),
    "pyrrolic N": ("Co-N4(pyrrolic)",),
    "axial ligands": ("Fe-N4+OH", "Fe-N4+O2", "Fe-N4+Cl", "Fe-N4+H2O"),
    "second shell": ("Co-N4~S1", "Co-N4~B2"),
    "two centres": ("Fe+Ni-N6", "Co+Co-N6"),
    "empty sites": ("vac-N4", "vac-C3"),
}
OTHER_FORMS = {
    "ti3c2": ("Zn-C3@ti3c2(v=Ti,T=Cl)", "Co-O3@ti3c2(T=O)", "Co-F3@ti3c2(T=F)"),
    "mos2": ("Co-Mo3@mos2(v=S)", "Co-S3@mos2"),
    "cnt": ("Zn-N4@cnt(10,0)", "Zn-N3@cnt"),
}
UNNAMED = "class"
"""Family of the words for classes of materials, of which no one structure can be shown."""
START = (
    "Each host bare, and with one metal in its common shells. All are starting structures: "
    "positions are those of the cited lattice, moved around a site at most by bond springs, and "
    "nothing is relaxed by electronic structure."
)
ALKALI_PLACES = ("ring6", "ring5", "top", "hollow")


def picture_of(site: Site, alkali: str | None = None, place: str | None = None) -> Picture:
    structure = build(site, alkali, place)
    return Picture(structure, problems(structure))


def entry(
    title: str,
    sites: Iterable[str],
    subtitle: str = "",
    notes: tuple[str, ...] = (),
    alkali: str | None = None,
    places: tuple[str | None, ...] = (None,),
) -> Entry:
    pictures: list[Picture] = []
    refused: dict[str, list[str]] = {}
    for text, place in product(sites, places):
        try:
            kind = Site.parse(text).host.type
            if kind.family == UNNAMED:
                reason = f"{kind.title}: the source names no material that could be built"
                refused.setdefault(reason, []).append(text)
                continue
            resolved = Site.parse(text).resolved()
        except SacmlError as error:
            refused.setdefault(str(error), []).append(text)
            continue
        for site in resolved:
            try:
                pictures.append(picture_of(site, alkali, place))
            except SacmlError as error:
                # one reason is said once, whichever sites it holds for
                reason = str(error).removeprefix(f"{site}: ")
                refused.setdefault(reason, []).append(str(site))
    listed = tuple((", ".join(names), reason) for reason, names in refused.items())
    return Entry(title, subtitle, notes, tuple(pictures), listed)


def host_sites(name: str) -> list[str]:
    """The bare host, a site for each of its common shells, and forms that are its own."""
    kind = host_types()[name]
    sites = [f"@{name}"]
    metal = OTHER_METALS.get(name, METAL)
    sites += [f"{metal}-{shell}@{name}" for shell in kind.shells] if kind.holds_sites else []
    return list(dict.fromkeys([*sites, *OTHER_FORMS.get(name, ())]))


def hosts_section() -> tuple[Section, Section]:
    own, borrowed = [], []
    borrowing = {b.name for b in stand_ins()}
    names = [n for n, kind in host_types().items() if kind.family != UNNAMED]
    junctions = [name for name in builders() if "|" in name]
    for name in names:
        found = entry(name, host_sites(name), host_types()[name].title)
        (borrowed if name in borrowing else own).append(found)
    for name in junctions:
        found = entry(name, (f"Pt-?@{name}",), "junction")
        (borrowed if name in borrowing else own).append(found)
    return (
        Section("Hosts", tuple(own), START),
        Section(
            "Stand-in hosts",
            tuple(borrowed),
            "They borrow the lattice of another host, or are controls that hold no single atoms.",
        ),
    )


def systems_section() -> Section:
    path = dataset_path("systems", "systems.csv")
    entries = []
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            notes = tuple(filter(None, (row["citation"], row["idealised"])))
            entries.append(
                entry(
                    row["name"],
                    (row["site"],),
                    f"{row['site']}, {row['alkali']}",
                    notes,
                    row["alkali"],
                )
            )
    text = (
        "Every system of the review and its controls, with the alkali atom on the first place that "
        "is tried. A shell that the source does not print stands for each shell it may be."
    )
    return Section("Systems of the review", tuple(entries), text)


def graphene_section() -> Section:
    entries = [
        entry(title, [f"{s}@graphene" for s in sites]) for title, sites in GRAPHENE_FORMS.items()
    ]
    entries += [
        entry(f"{alkali} on its places", ("Co-N4@graphene",), alkali=alkali, places=ALKALI_PLACES)
        for alkali in ("Li", "Na", "K")
    ]
    return Section("Graphene: forms of a site", tuple(entries))


def summary(structure: Structure, found: tuple[str, ...]) -> dict:
    return {
        "candidate": structure.candidate,
        "id": structure.structure_id,
        "atoms": len(structure.atoms),
        "counted": structure.counted,
        "idealisation": list(structure.idealisation),
        "problems": list(found),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="runs/gallery")
    arguments = parser.parse_args()
    start = time.perf_counter()
    own, borrowed = hosts_section()
    sections = (own, graphene_section(), systems_section(), borrowed)
    counted = sum(any(p.structure.counted for p in e.pictures) for e in own.entries)
    gallery = Gallery(
        tuple(s for s in sections if s.entries),
        tuple((b.name, b.note) for b in stand_ins()),
        "sacml: hosts, sites and the systems of the review",
        (("hosts of their own", str(counted)),),
    )
    out = Path(arguments.out)
    path = write_gallery(out / "index.html", gallery)
    data = {
        "structures": [summary(p.structure, p.problems) for p in gallery.pictures],
        "stand_ins": [list(s) for s in gallery.stand_ins],
        "refused": [list(r) for r in gallery.refused],
    }
    (out / "gallery.json").write_text(json.dumps(data, indent=2), encoding="utf-8")
    size = path.stat().st_size / 1e6
    print(
        f"{len(gallery.pictures)} structures, {len(gallery.refused)} refused, {size:.1f} MB in "
        f"{time.perf_counter() - start:.0f} s: {path}"
    )


if __name__ == "__main__":
    main()
