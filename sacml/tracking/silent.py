"""A tracker that writes nothing, so that a study needs no second path without tracking."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Silent:
    """Stands in for `StudyTracker` and for the run of a target."""

    on_epoch = None
    """Nobody listens to epochs."""

    def __enter__(self) -> "Silent":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    @contextmanager
    def target(self, name: str, dataset: Any = None) -> Iterator["Silent"]:
        """Open nothing."""
        yield self

    def also(self, other: "Callable[[Any], None] | None") -> "Callable[[Any], None] | None":
        """Return the other observer alone."""
        return other

    def log_evaluation(self, evaluation: Any, sentence: str = "") -> None:
        """Write nothing."""

    def on_fold(self, fold: Any) -> None:
        """Write nothing."""

    def log_models(self, predictions: Any, scores: Any, digests: Any) -> None:
        """Write nothing."""

    def log_path(self, path: Any, artifact_path: Any = None) -> None:
        """Write nothing."""

    def log_surrogate(self, folder: Any, evaluation: Any = None) -> None:
        """Write nothing."""

    def log_files(self, folder: Any) -> None:
        """Write nothing."""
