"""MLflow's scoring server behind a guard: what a client gets wrong is told to it, and no more.

MLflow answers a request without a content type, or with JSON nested too deep, with an internal
error, sends its traceback for a CSV that it cannot read, and reads a body of any size.
"""

import json
import logging
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from sacml.tracking.backend import as_default, quiet

MAX_BYTES = 32 * 1024 * 1024
"""Largest request; 100 000 rows with all conditions take about 20 MB as JSON."""
CONCURRENT = 32
"""Requests at once; with `MAX_BYTES` this bounds the memory that requests take."""
_URI, _MODEL = "SACML_SERVE_STORE", "SACML_SERVE_MODEL"
_log = logging.getLogger("sacml.serving")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Guard:
    """ASGI application around another: bounds requests and keeps tracebacks on this side."""

    def __init__(self, app: App, max_bytes: int = MAX_BYTES) -> None:
        self.app, self.max_bytes = app, max_bytes

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] != "/invocations":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if scope["method"] == "POST" and not headers.get(b"content-type", b"").strip():
            await _refuse(send, 415, "the content type is missing: application/json or text/csv")
            return
        body = await self._body(headers, receive)
        if body is None:
            await _refuse(send, 413, f"a request has at most {self.max_bytes} bytes; send parts")
            return
        answer: list[Message] = []

        async def once() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def keep(message: Message) -> None:
            answer.append(message)

        try:
            await self.app(scope, once, keep)
        except (RecursionError, ValueError, TypeError, LookupError, AttributeError) as error:
            _log.warning("a request could not be read", exc_info=error)
            what = f"the request could not be read: {type(error).__name__}: {str(error)[:300]}"
            await _refuse(send, 400, what)
            return
        except Exception as error:
            _log.error("a request could not be answered", exc_info=error)
            await _refuse(send, 500, "the request could not be answered; see the server's log")
            return
        await _pass_on(answer, send)

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes | None:
        """Body of a request; None if it is too large, which is known before it is read whole."""
        stated = headers.get(b"content-length", b"0")
        if stated.isdigit() and int(stated) > self.max_bytes:
            return None
        parts, size = [], 0
        while True:
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.max_bytes:
                return None
            if not message.get("more_body", False):
                return b"".join(parts)


async def _pass_on(answer: list[Message], send: Send) -> None:
    start = answer[0]
    body = b"".join(m.get("body", b"") for m in answer[1:])
    content = _read(body) if start["status"] >= 400 else {}
    if "stack_trace" in content:
        _log.warning("%s", content.pop("stack_trace"))
        body = json.dumps(content).encode()
        headers = [(k, v) for k, v in start["headers"] if k != b"content-length"]
        start["headers"] = [*headers, (b"content-length", str(len(body)).encode())]
    await send(start)
    await send({"type": "http.response.body", "body": body})


def _read(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:  # a plain text
        return {}
    return content if isinstance(content, dict) else {}


async def _refuse(send: Send, status: int, text: str) -> None:
    body = json.dumps({"error_code": "BAD_REQUEST", "message": text}).encode()
    headers = [(b"content-type", b"application/json"),
               (b"content-length", str(len(body)).encode())]  # fmt: skip
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def make_app(uri: str, model_uri: str) -> Guard:
    """Load a model and make its application.

    Parameters
    ----------
    uri
        Tracking URI of the store that holds it.
    model_uri
        e.g. ``models:/sacml-binding_energy@champion``.
    """
    with quiet(), as_default(uri):
        import mlflow
        from mlflow.pyfunc import scoring_server

        return Guard(scoring_server.init(mlflow.pyfunc.load_model(model_uri)))


def from_environment() -> Guard:
    """Make the application in a worker process, see `serve`."""
    return make_app(os.environ[_URI], os.environ[_MODEL])


def serve(uri: str, model_uri: str, host: str, port: int, workers: int = 1) -> None:
    """Answer requests until interrupted."""
    import uvicorn

    os.environ[_URI], os.environ[_MODEL] = uri, model_uri
    uvicorn.run(
        "sacml.tracking.app:from_environment", factory=True, host=host, port=port, workers=workers,
        limit_concurrency=CONCURRENT, log_level="warning",
    )  # fmt: skip
