"""The page of an answer: one HTML file that loads nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sacml.design import Proposals


@dataclass(frozen=True, slots=True)
class Model:
    """A surrogate that was asked.

    Attributes
    ----------
    role
        ``screen``, ``refine``, or both.
    evidence
        Sentence on how it did on what it had not seen; empty where none is stored.
    dataset
        Name and digest of the records it learned from.
    """

    target: str
    role: str
    version: str
    evidence: str
    dataset: str


@dataclass(frozen=True, slots=True)
class Site:
    """The structure of a proposal.

    Attributes
    ----------
    folder
        Name of its folder beside the page; None where it cannot be built.
    reason
        Why it cannot be built.
    picture
        PNG, or None.
    facts
        Sentences: place of the alkali, source, idealisation.
    labels
        Sentences: values that the models learned from, of this very site.
    files
        Files and folders in its folder, to link to.
    """

    folder: str | None
    reason: str = ""
    picture: bytes | None = None
    facts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page.

    Attributes
    ----------
    asked
        ``(setting, value)`` of the question.
    models
        Surrogates that were asked.
    one_model
        Targets of which one model serves both roles.
    sites
        Rank -> structure.
    made_with
        ``(what, version or digest)``.
    command
        What repeats the answer.
    space
        The design space as TOML.
    """

    found: "Proposals"
    asked: tuple[tuple[str, str], ...] = ()
    models: tuple[Model, ...] = ()
    one_model: tuple[str, ...] = ()
    sites: Mapping[int, Site] = field(default_factory=dict)
    made_with: tuple[tuple[str, str], ...] = ()
    command: str = ""
    space: str = ""

    def render(self) -> str:
        """Return the page as text."""
        from jinja2 import Environment, PackageLoader, StrictUndefined

        from sacml.reports.proposals_context import context

        environment = Environment(
            loader=PackageLoader("sacml.reports", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return environment.get_template("proposals.html.j2").render(context(self))
