"""How each file format keeps what stands beside the atoms, and gives it back."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np

if TYPE_CHECKING:
    from ase import Atoms

_INDEX_KEYS = ("centre", "shell", "alkali_index")
_LONG_KEYS = ("host_source", "idealisation")
_MARK = "sacml:"
"""Stands before an id in a file: 16 hexadecimal digits alone may read as a number."""
_CIF_PREFIX = "_sacml_"
_CIF_MARKS = re.compile(r"""^['"]|[^A-Za-z0-9 !#$()*+,./:;=?@\[\]_{|}'"-]|(?<=[+-])[+-]""")
"""What CIF readers take for quotes around a text, and for marks of sub- and superscripts, of HTML,
of dashes and of other alphabets: written as in an address, %7E for ~."""


def by_element(atoms: "Atoms") -> "Atoms":
    """Sort the atoms by element, in order of first appearance, and renumber what `info` names."""
    order = {s: k for k, s in reversed(list(enumerate(atoms.get_chemical_symbols())))}
    new = np.array(sorted(range(len(atoms)), key=lambda i: (order[atoms[i].symbol], i)))
    place = np.empty(len(new), dtype=int)
    place[new] = np.arange(len(new))
    found = atoms[new.tolist()]
    found.info = dict(atoms.info)
    for key in _INDEX_KEYS:
        numbers = [int(n) for n in str(atoms.info.get(key, "")).split()]
        moved = [str(place[n]) if n >= 0 else str(n) for n in numbers]
        if key in atoms.info:
            found.info[key] = " ".join(moved)
    if "alkali_index" in found.info:
        found.info["alkali_index"] = int(found.info["alkali_index"])
    return found


def _plain(info: Mapping[str, Any]) -> dict[str, Any]:
    """Values as every format keeps them: no empty texts, ids marked as text."""
    kept = {k: v for k, v in info.items() if not (isinstance(v, str) and v == "")}
    if "structure_id" in kept:
        kept["structure_id"] = f"{_MARK}{kept['structure_id']}"
    return kept


def restore(info: Mapping[str, Any]) -> dict[str, Any]:
    """Give values back as `Structure.info` has them, whatever type a reader has made of them."""
    if "structure_id" not in info:
        return dict(info)
    out = dict(info)
    out["structure_id"] = str(out["structure_id"]).removeprefix(_MARK)
    for key in ("alkali", "place", "centre", "shell", "host_source", "idealisation"):
        value = out.get(key, "")
        out[key] = " ".join(map(str, value)) if isinstance(value, np.ndarray) else str(value)
    for key, kind in (("alkali_index", int), ("strain", float)):
        if key in out:
            out[key] = kind(out[key])
    return out


def _write_extxyz(path: Path, atoms: "Atoms") -> None:
    import ase.io

    copy = atoms.copy()
    # readers take a backslash for the beginning of a mark
    copy.info = {
        k: v.replace("%", "%25").replace("\\", "%5C") if isinstance(v, str) else v
        for k, v in _plain(atoms.info).items()
    }
    ase.io.write(path, copy, format="extxyz")


def _write_cif(path: Path, atoms: "Atoms") -> None:
    import ase.io

    if atoms.cell.rank != 3:
        raise ValueError(f"{path.name}: CIF needs a cell of three vectors")
    # CIF holds lengths and angles only; along the third axis a sheet's cell is turned to fit
    ase.io.write(path, atoms, format="cif", wrap=False)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    known = {**_plain(atoms.info), "pbc": _pbc_text(atoms), "cell": _cell_text(atoms)}
    tags = [f"{_CIF_PREFIX}{k}\n;{_cif_text(v)}\n;\n" for k, v in known.items() if _is_plain(v)]
    path.write_text("".join([lines[0], *tags, *lines[1:]]), encoding="utf-8")


def _write_poscar(path: Path, atoms: "Atoms") -> None:
    import ase.io

    if atoms.cell.rank != 3:
        raise ValueError(f"{path.name}: POSCAR needs a cell of three vectors")
    copy = by_element(atoms)
    ase.io.write(path, copy, format="vasp", direct=False, vasp5=True, ignore_constraints=True)
    known = {k: v for k, v in _plain(copy.info).items() if k not in _LONG_KEYS and _is_plain(v)}
    words = [f"{k}={json.dumps(v, ensure_ascii=True)}" for k, v in known.items()]
    _, rest = path.read_text(encoding="utf-8").split("\n", 1)
    comment = " ".join([copy.get_chemical_formula(), f'pbc="{_pbc_text(copy)}"', *words])
    path.write_text(f"{comment}\n{rest}", encoding="utf-8")


def _cif_text(value: Any) -> str:
    return _CIF_MARKS.sub(lambda m: "".join(f"%{b:02X}" for b in m[0].encode()), str(value))


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _pbc_text(atoms: "Atoms") -> str:
    return "".join("T" if p else "F" for p in atoms.pbc)


def _cell_text(atoms: "Atoms") -> str:
    return " ".join(repr(float(x)) for x in np.asarray(atoms.cell).ravel())


def _read_extxyz(path: Path) -> "Atoms":
    import ase.io

    atoms = only(ase.io.read(path, format="extxyz", index=":"))
    if "structure_id" in atoms.info:
        atoms.info = {k: unquote(v) if isinstance(v, str) else v for k, v in atoms.info.items()}
    return atoms


def _read_cif(path: Path) -> "Atoms":
    from ase.io.cif import parse_cif

    blocks = list(parse_cif(str(path), reader="ase"))
    if not blocks:
        raise ValueError("it holds no data block")
    block = blocks[0]
    atoms = block.get_atoms()
    atoms.arrays.pop("spacegroup_kinds", None)
    known = {
        k.removeprefix(_CIF_PREFIX): unquote(v) if isinstance(v, str) else v
        for k, v in block.items()
        if k.startswith(_CIF_PREFIX)
    }
    if not known:
        return atoms
    if "cell" in known:
        # back into the orientation it was written from
        cell = np.array([float(x) for x in known.pop("cell").split()]).reshape(3, 3)
        atoms.set_cell(cell)
    # the reader moves atoms into the cell: take the fractions as they were written
    columns = [block[f"_atom_site_fract_{axis}"] for axis in "xyz"]
    atoms.positions = np.column_stack(columns).astype(float) @ atoms.cell.array
    atoms.pbc = [c == "T" for c in known.pop("pbc", "TTT")]
    atoms.info = known
    return atoms


def _read_poscar(path: Path) -> "Atoms":
    import ase.io

    atoms = only(ase.io.read(path, format="vasp", index=":"))
    with path.open(encoding="utf-8") as file:
        comment = file.readline().strip()
    if "structure_id=" in comment:
        known = _pairs(comment)
        atoms.pbc = [c == "T" for c in known.pop("pbc", "TTT")]
        atoms.info = known
    return atoms


def _pairs(comment: str) -> dict[str, Any]:
    """Read ``key=<json>`` pairs; words without ``=`` are passed over."""
    found, decoder, position = {}, json.JSONDecoder(), 0
    while (equals := comment.find("=", position)) >= 0:
        key = comment[position:equals].rsplit(maxsplit=1)[-1]
        found[key], position = decoder.raw_decode(comment, equals + 1)
    return found


def _read_other(path: Path) -> "Atoms":
    import ase.io

    return only(ase.io.read(path, index=":"))


def only(found: "Atoms | list[Atoms]") -> "Atoms":
    """Return the one structure of a file; `ValueError` where it holds several."""
    listed = found if isinstance(found, list) else [found]
    if len(listed) != 1:
        raise ValueError(f"it holds {len(listed)} structures, one is expected")
    return listed[0]


WRITERS: Mapping[str, Callable[[Path, "Atoms"], None]] = {
    "extxyz": _write_extxyz,
    "cif": _write_cif,
    "poscar": _write_poscar,
}
READERS: Mapping[str, Callable[[Path], "Atoms"]] = {
    "extxyz": _read_extxyz,
    "cif": _read_cif,
    "poscar": _read_poscar,
    "other": _read_other,
}
