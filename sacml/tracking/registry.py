"""Versions of a target's surrogate: registered, promoted when they win, rolled back."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sacml.errors import unknown
from sacml.tracking.backend import TrackingError, as_default, patiently, quiet
from sacml.tracking.evidence import Evidence, Verdict, judge
from sacml.tracking.locate import model_folder

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

    from sacml.models import Surrogate

CHAMPION, CHALLENGER = "champion", "challenger"
MAX_DESCRIPTION = 5000  # characters that the registry takes
_BEFORE = "sacml.champion_before"


@dataclass(frozen=True, slots=True)
class Version:
    """A registered version of a surrogate."""

    name: str
    number: int
    aliases: tuple[str, ...]
    tags: Mapping[str, str]
    model_uri: str
    run_id: str
    created_ms: int


def register(
    client: "MlflowClient",
    name: str,
    model_uri: str,
    run_id: str,
    surrogate: "Surrogate",
    evidence: Evidence | None,
    tags: Mapping[str, str] | None = None,
) -> int:
    """Register a logged model as a new version and make it the challenger; return its number."""
    from sacml.models.card import model_card

    given = {
        "sacml.model": surrogate.model,
        "sacml.trained_on": surrogate.trained_on,
        "sacml.model_version": surrogate.version,
        "sacml.dataset_digest": str(surrogate.facts["dataset"]["digest"]),
    }
    if evidence is not None:
        errors = evidence.errors(surrogate.model, surrogate.trained_on)["error"]
        given |= {
            "sacml.split": evidence.split,
            "sacml.split_digest": evidence.split_digest,
            "sacml.mae": f"{errors.mean():.6g} {evidence.scale_unit}",
        }
    card = model_card(surrogate)
    if len(card) > MAX_DESCRIPTION:
        note = "\n\n... (the whole card is among the model's files)"
        card = card[: MAX_DESCRIPTION - len(note)] + note
    given |= dict(tags or {})
    with quiet():
        from mlflow.exceptions import MlflowException

        with suppress(MlflowException):  # it is there already
            client.create_registered_model(name, description=f"Surrogates of {surrogate.target}.")
    model_id = model_uri.removeprefix("models:/")
    # MLflow looks the model up in the process's default store
    with quiet(), as_default(client.tracking_uri):
        made = patiently(
            lambda: client.create_model_version(
                name, model_uri, run_id, tags=given, description=card, model_id=model_id
            )
        )
    patiently(lambda: client.set_registered_model_alias(name, CHALLENGER, made.version))
    return int(made.version)


def model_name(experiment: str, surrogate: "Surrogate") -> str:
    """Name under which a surrogate is registered; one for short lists alone is another model."""
    roles = surrogate.facts.get("roles", ["screen"])
    return experiment if "screen" in roles else f"{experiment}-{roles[0]}"


def versions(client: "MlflowClient", name: str | None = None) -> list[Version]:
    """Registered versions, newest first, of one model or of all that sacml registered."""
    wanted = "" if name is None else f"name = '{name}'"
    with quiet():
        registered = [
            (m.name, {alias: int(v) for alias, v in m.aliases.items()})
            for m in client.search_registered_models(wanted, max_results=1000)
        ]
        found: list[Version] = []
        for model, aliases in registered:
            page, token = [], None
            while True:
                part = client.search_model_versions(
                    f"name = '{model}'", max_results=1000, page_token=token
                )
                page += list(part)
                token = part.token
                if not token:
                    break
            found += [_version(v, aliases) for v in page if "sacml.model" in v.tags]
    return sorted(found, key=lambda v: (v.name, -v.number))


def _version(v: "ModelVersion", aliases: Mapping[str, int]) -> Version:
    number = int(v.version)
    mine = tuple(sorted(a for a, n in aliases.items() if n == number))
    return Version(
        v.name, number, mine, dict(v.tags), str(v.source), str(v.run_id), v.creation_timestamp
    )


def find(client: "MlflowClient", name: str, which: str = CHAMPION) -> Version:
    """Find a version by alias or number.

    Raises
    ------
    TrackingError
        If nothing of that name, or no such version, is registered.
    """
    known = versions(client, name)
    if not known:
        raise TrackingError(
            f"no model {name!r} is registered in {client.tracking_uri}; train one with tracking on"
        )
    for version in known:
        if which in version.aliases or which.removeprefix("v") == str(version.number):
            return version
    allowed = [a for v in known for a in v.aliases] + [str(v.number) for v in known]
    raise unknown(f"version of {name}", which, allowed)


def champion_of(client: "MlflowClient", name: str) -> Version | None:
    """Return the champion; None where nobody was promoted yet."""
    return next((v for v in versions(client, name) if CHAMPION in v.aliases), None)


def evidence_of(client: "MlflowClient", version: Version) -> Evidence | None:
    """Read the held-out rows that were stored with a version."""
    with model_folder(client, version.model_uri) as folder:
        return Evidence.read(folder / "artifacts" / "evidence")


def promote(client: "MlflowClient", name: str, which: str = CHALLENGER) -> Verdict:
    """Make a version the champion if it wins on the stored grouped folds, else leave all as it is.

    Raises
    ------
    TrackingError
        If there is no such version, it is the champion already, or it has no held-out rows.
    """
    challenger, champion = find(client, name, which), champion_of(client, name)
    if champion is not None and champion.number == challenger.number:
        raise TrackingError(f"version {challenger.number} of {name} is the champion already")
    mine = evidence_of(client, challenger)
    if mine is None:
        raise TrackingError(
            f"version {challenger.number} of {name} came without held-out rows, so it cannot be "
            "compared; train it with `sacml train`"
        )
    theirs = None if champion is None else evidence_of(client, champion)
    if champion is not None and theirs is None:
        raise TrackingError(f"the champion of {name} came without held-out rows")
    verdict = judge(mine, theirs)
    tags = {"sacml.verdict": verdict.sentence}
    if verdict.wins and champion is not None:
        tags[_BEFORE] = str(champion.number)
    for key, value in tags.items():
        _tag(client, challenger, key, value)
    if verdict.wins:
        _crown(client, challenger)
    return verdict


def roll_back(client: "MlflowClient", name: str) -> tuple[Version, Version]:
    """Give the champion's place back to the version it was taken from; return old and new.

    Raises
    ------
    TrackingError
        If there is no champion, or none before it.
    """
    champion = champion_of(client, name)
    before = None if champion is None else champion.tags.get(_BEFORE)
    if champion is None or before is None:
        what = "no champion" if champion is None else f"no champion before {champion.number}"
        raise TrackingError(f"{name} has {what}, so there is nothing to roll back to")
    former = find(client, name, before)
    _tag(client, champion, "sacml.rolled_back_to", before)
    _crown(client, former)
    return champion, former


def _tag(client: "MlflowClient", version: Version, key: str, value: str) -> None:
    number = str(version.number)
    patiently(lambda: client.set_model_version_tag(version.name, number, key, value))


def _crown(client: "MlflowClient", version: Version) -> None:
    number = str(version.number)
    patiently(lambda: client.set_registered_model_alias(version.name, CHAMPION, number))
    if CHALLENGER in version.aliases:
        patiently(lambda: client.delete_registered_model_alias(version.name, CHALLENGER))
