"""Serve a registered surrogate over HTTP."""

from sacml.workflows.registry import parse_name


def serve(uri: str, text: str, host: str = "127.0.0.1", port: int = 5000, workers: int = 1) -> None:
    """Answer requests with a version (default: the champion) until interrupted.

    Parameters
    ----------
    text
        e.g. ``binding_energy@champion``.
    """
    from sacml.tracking.app import serve as run
    from sacml.tracking.query import open_store
    from sacml.tracking.registry import CHAMPION, find

    name, which = parse_name(text)
    version = find(open_store(uri), name, which or CHAMPION)
    run(uri, f"models:/{name}/{version.number}", host, port, workers)
