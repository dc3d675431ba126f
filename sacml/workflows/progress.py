"""A progress bar over the folds of a study; silent where the output is no terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sacml.evaluation import FoldDone


@contextmanager
def fold_bar() -> "Iterator[Callable[[FoldDone], None]]":
    """Show one bar per target on the terminal; gives the `on_fold` callback of `train`."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    console = Console(stderr=True)
    # elsewhere than on a terminal even an empty bar would leave a blank line
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bars: dict[str, TaskID] = {}

        def on_fold(fold: "FoldDone") -> None:
            if fold.target not in bars:
                bars[fold.target] = progress.add_task(fold.target, total=fold.total)
            progress.update(bars[fold.target], completed=fold.done)

        yield on_fold
