"""The folder of an answer: tables, a page, and for each proposal what a calculation needs.

::

    DIR/proposals.csv  proposals.json  proposals.html  manifest.json
    DIR/01_Co-N4@graphene/structure.cif  POSCAR  structure.extxyz  structure.png  structure.json
                          reasons.txt  vasp/  espresso/  cp2k/  gpaw/  bare/

The alkali stands on the first place of the site; `bare/` holds the site without it, for the
binding energy. The folder is made beside its place and renamed into it, so that it is whole or not
there.
"""

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.errors import SacmlError

if TYPE_CHECKING:
    from sacml.design import Proposal, Proposals
    from sacml.workflows.propose.question import Question

SCHEMA = "sacml.proposals.folder/1"
MANIFEST, CSV, JSON, PAGE, REASONS, BARE = (
    "manifest.json", "proposals.csv", "proposals.json", "proposals.html", "reasons.txt", "bare",
)  # fmt: skip
SHOWN = 5
"""Files named in an error."""


class FolderError(SacmlError):
    """A folder cannot take an answer."""


@dataclass(frozen=True, slots=True)
class Built:
    """What was made of one proposal.

    Attributes
    ----------
    rank, site
        Of the proposal.
    folder
        Name of its folder; None where its structure cannot be built.
    reason
        Why it cannot be built; empty where it was.
    record
        Content of ``structure.json``; empty where there is no structure.
    """

    rank: int
    site: str
    folder: str | None
    reason: str
    record: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        known = {k: self.record.get(k) for k in ("id", "place", "formula", "stand_in")}
        return {"rank": self.rank, "site": self.site, "folder": self.folder,
                "reason": self.reason, **known}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProposalFolder:
    """A folder that was written, with its proposals in order."""

    path: Path
    built: tuple[Built, ...]

    @property
    def refused(self) -> tuple[Built, ...]:
        """Proposals without a structure."""
        return tuple(b for b in self.built if b.folder is None)


def check_folder(out: str | Path) -> Path:
    """Return the folder as an absolute path if an answer may be written there.

    Raises
    ------
    FolderError
        If it is a file or the current folder, or holds anything but an earlier answer: also where
        files of that answer were changed or added to, so that no result of a calculation is lost.
    """
    path = Path(out).resolve()
    if path == Path.cwd():
        raise FolderError(f"{str(out)!r} is the current folder: name a folder in it, e.g. answer")
    if not path.exists():
        return path
    if not path.is_dir():
        raise FolderError(f"{str(out)!r} is a file: name a folder, or a .csv file for the table")
    there = {str(p.relative_to(path)): p for p in path.rglob("*") if not p.is_dir()}
    if not there:
        return path
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        ours = manifest["files"] if manifest["schema"] == SCHEMA else None
    except (OSError, ValueError, KeyError, TypeError):
        ours = None
    if ours is None:
        raise FolderError(
            f"{str(out)!r} is not empty and is no answer of `sacml propose`: name another folder"
        )
    strange = [n for n, p in there.items() if n != MANIFEST and ours.get(n) != _digest(p)]
    if strange:
        more = f" and {len(strange) - SHOWN} more" if len(strange) > SHOWN else ""
        raise FolderError(
            f"{str(out)!r} holds an earlier answer with files that were added or changed since: "
            f"{', '.join(sorted(strange)[:SHOWN])}{more}; nothing was touched, name another folder"
        )
    return path


def write_proposals(
    found: "Proposals",
    question: "Question",
    out: str | Path,
    *,
    command: str = "",
    on_built: Callable[[int, int], None] | None = None,
) -> ProposalFolder:
    """Write an answer as a folder; an earlier answer in its place is replaced.

    Parameters
    ----------
    found, question
        Answer, and what was asked.
    out
        Folder; see `check_folder` for what it may hold.
    command
        Command line that repeats the answer, for the page.
    on_built
        Called with the structures built and their total.

    Raises
    ------
    FolderError
        If the folder cannot be used or written; what was there stays as it is.
    """
    path = check_folder(out)
    draft = path.with_name(f".{path.name}-{uuid.uuid4().hex[:8]}")
    try:
        draft.mkdir(parents=True)
        try:
            built = _fill(draft, found, question, command, on_built)
            _into_place(draft, path)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise FolderError(f"cannot write to {str(out)!r}: {error.strerror or error}") from None
    return ProposalFolder(Path(out), built)


def _fill(
    draft: Path,
    found: "Proposals",
    question: "Question",
    command: str,
    on_built: Callable[[int, int], None] | None,
) -> tuple[Built, ...]:
    from sacml.workflows.propose.page import page_of, reasons_text

    digits = max(2, len(str(len(found))))
    built = []
    for proposal in found:
        made = _build(draft, proposal, digits)
        built.append(made)
        if made.folder is not None:
            text = reasons_text(proposal, question, made)
            (draft / made.folder / REASONS).write_text(text, encoding="utf-8")
        if on_built is not None:
            on_built(len(built), len(found))
    frame = found.frame()
    frame["structure"] = [b.folder or f"not built: {b.reason}" for b in built]
    frame.to_csv(draft / CSV, index=False, lineterminator="\n")
    page = page_of(found, question, built, draft, command)
    answer = {
        **found.to_dict(),
        "structures": [b.to_dict() for b in built],
        "asked": dict(page.asked),
        "made_with": dict(page.made_with),
    }
    text = json.dumps(answer, indent=2, ensure_ascii=False, allow_nan=False)
    (draft / JSON).write_text(text + "\n", encoding="utf-8")
    (draft / PAGE).write_text(page.render(), encoding="utf-8")
    files = {str(p.relative_to(draft)): _digest(p) for p in sorted(draft.rglob("*")) if p.is_file()}
    manifest = json.dumps({"schema": SCHEMA, "files": files}, indent=2)
    (draft / MANIFEST).write_text(manifest + "\n", encoding="utf-8")
    return tuple(built)


def _build(draft: Path, proposal: "Proposal", digits: int) -> Built:
    """Write the structures of a proposal into a folder of its own, or say why there is none."""
    from sacml.structures.inputs import CODES
    from sacml.workflows.structure import write_structures

    site = proposal.candidate.site
    name = re.sub(r"[^A-Za-z0-9@+.=-]+", "_", f"{proposal.rank:0{digits}d}_{site}").strip("_")
    work = draft / f".{name}"
    try:
        full = write_structures(site, work, proposal.candidate.alkali, inputs=CODES).written[0]
        bare = write_structures(site, work, inputs=CODES, picture=False).written[0]
    except SacmlError as error:
        shutil.rmtree(work, ignore_errors=True)
        reason = str(error).removeprefix(f"{site}: ")
        return Built(proposal.rank, str(site), None, reason, {})
    bare.folder.rename(full.folder / BARE)
    full.folder.rename(draft / name)
    work.rmdir()
    return Built(proposal.rank, str(site), name, "", full.record)


def _into_place(draft: Path, path: Path) -> None:
    """Rename the finished folder into its place; an earlier answer goes only after that."""
    earlier = draft.with_name(f"{draft.name}-earlier")
    replaced = path.exists() and any(path.iterdir())
    if replaced:
        os.rename(path, earlier)
    try:
        os.rename(draft, path)
    except BaseException:
        if replaced:
            os.rename(earlier, path)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
