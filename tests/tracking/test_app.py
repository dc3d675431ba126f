"""The scoring server behind its guard, asked over HTTP with whatever a client may send."""

import json
import math
import socket
import threading
import time
import urllib.error
import urllib.request

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sacml.tracking import StudyTracker
from sacml.tracking.app import Guard, make_app
from sacml.tracking.serving import MAX_ROWS

ROW = {"site": "Co-N4@graphene", "alkali": "Li"}
JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"


def start(app):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    return server, thread, f"http://127.0.0.1:{port}/invocations"


@pytest.fixture(scope="module")
def url(new_store, tmp_path_factory, folder, judged):
    uri = new_store(tmp_path_factory.mktemp("serving"))
    with StudyTracker(uri, prefix="serve") as tracker, tracker.target("cycle_life") as run:
        run.log_surrogate(folder, judged)
    app = make_app(uri, "models:/serve-cycle_life@challenger")
    server, thread, address = start(app)
    yield address
    server.should_exit = True
    thread.join(10)


def ask(url, body, kind=JSON, method="POST"):
    """Status and decoded answer; NaN and Infinity, which JSON does not have, are refused."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)
    request.add_unredirected_header("Content-Type", kind)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            status, text = error.code, error.read().decode()
    assert "Traceback (most recent" not in text
    try:
        found = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError:
        return status, text
    assert not isinstance(found, dict) or "stack_trace" not in found
    return status, found


def _refuse(word):
    raise AssertionError(f"{word} is not JSON")


FORMS = [
    ({"dataframe_records": [ROW]}, JSON),
    ({"dataframe_split": {"columns": list(ROW), "data": [list(ROW.values())]}}, JSON),
    ({"inputs": {k: [v] for k, v in ROW.items()}}, JSON),
    ({"instances": [ROW]}, JSON),
    (b"site,alkali\nCo-N4@graphene,Li\n", CSV),
]


def test_every_form_of_a_request_gives_the_same_answer(url, surrogate):
    answers = [ask(url, body, kind) for body, kind in FORMS]
    assert {status for status, _ in answers} == {200}
    assert all(found == answers[0][1] for _, found in answers)
    (row,) = answers[0][1]["predictions"]
    assert list(row) == ["value", "lower", "upper", "unit", "in_domain", "reasons"]
    assert row["lower"] < row["value"] < row["upper"]
    assert row["unit"] == "h"
    assert "assumed current_density_mA_cm2 = 3" in row["reasons"]


def test_conditions_and_level_are_read(url):
    bare = ask(url, {"dataframe_records": [ROW]})[1]["predictions"][0]
    full = ask(url, {"dataframe_records": [ROW | {"current_density_mA_cm2": 1.0}]})
    assert full[1]["predictions"][0]["value"] != bare["value"]
    wide = ask(url, {"dataframe_records": [ROW], "params": {"level": 0.999}})
    assert wide[1]["predictions"][0]["upper"] is None
    assert "too few" in wide[1]["predictions"][0]["reasons"]


def test_ten_thousand_rows_in_one_request_in_order(url):
    metals = ("Fe", "Co", "Ni", "Cu", "Zn", "Mn", "Pt")
    rows = [{"site": f"{metals[i % 7]}-N4@graphene", "alkali": ("Li", "Na", "K")[i % 3]}
            for i in range(10_000)]  # fmt: skip
    status, found = ask(url, {"dataframe_records": rows})
    assert status == 200
    values = [p["value"] for p in found["predictions"]]
    assert len(values) == 10_000
    assert values[:21] == values[21:42]
    few = ask(url, {"dataframe_records": rows[:21]})[1]["predictions"]
    assert [p["value"] for p in few] == pytest.approx(values[:21], rel=1e-6)


BAD = [
    ({"dataframe_records": [{"site": "Co-N4@graphene"}]}, JSON, 400, "alkali"),
    ({"dataframe_records": [ROW | {"site": "Xx-N4@graphene"}]}, JSON, 400, "unknown metal"),
    ({"dataframe_records": [ROW | {"alkali": "Rb"}]}, JSON, 400, "Rb"),
    ({"dataframe_records": [ROW | {"temperature_C": "warm"}]}, JSON, 400, "temperature_C"),
    ({"dataframe_records": [ROW | {"cell": "pouch"}]}, JSON, 400, "pouch"),
    ({"dataframe_records": [ROW], "params": {"level": 1.5}}, JSON, 400, "level"),
    ({"dataframe_records": [ROW], "params": {"level": "x"}}, JSON, 400, "level"),
    ({"dataframe_records": [ROW] * (MAX_ROWS + 1)}, JSON, 400, "send it in parts"),
    (b"{", JSON, 400, "valid JSON"),
    (b"[" * 100_000, JSON, 400, "could not be read"),
    (b'{"inputs":' + b"[" * 50_000 + b"]" * 50_000 + b"}", JSON, 400, "could not be read"),
    (b'{"dataframe_records": [{"temperature_C": ' + b"9" * 5000 + b"}]}", JSON, 400, "digits"),
    (b"\xff\xfe\x00", JSON, 400, "Invalid"),
    (b"", CSV, 400, "CSV"),
    (b'site,alkali\na,b,c,d\n"', CSV, 400, "CSV"),
    (b"site,alkali,temperature_C\nCo-N4@graphene,Li,warm\n", CSV, 400, "warm"),
    (b"\xff", CSV, 400, "UTF-8"),
    (b"x", PARQUET, 400, "Parquet"),
    (b"x", "text/plain", 415, "content types"),
    (b"x", "text/stack_trace", 415, "content types"),
    (b"x", " ", 415, "content type is missing"),
    (b"x", "application/json; charset=latin-1", 415, "UTF-8"),
]


@pytest.mark.parametrize(("body", "kind", "status", "words"), BAD)
def test_what_a_client_gets_wrong_is_told_in_words(url, body, kind, status, words):
    found, answer = ask(url, body, kind)
    assert found == status
    assert words in (answer["message"] if isinstance(answer, dict) else answer)


def test_other_methods_are_refused(url):
    assert ask(url, b"", JSON, "PUT")[0] == 405


@pytest.fixture(scope="module")
def small():
    """The guard alone, around an application that tells the size of what it gets."""

    async def app(scope, receive, send):
        message = await receive()
        text = str(len(message["body"])).encode()
        if message["body"] == b"fail":
            raise RuntimeError("secret")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": text})

    server, thread, address = start(Guard(app, max_bytes=1000))
    yield address
    server.should_exit = True
    thread.join(10)


def test_a_body_beyond_the_limit_is_never_kept(small):
    assert ask(small, b"x" * 1000) == (200, 1000)
    assert ask(small, b"x" * 1001)[0] == 413

    def chunks():
        for _ in range(50):
            yield b"x" * 100

    request = urllib.request.Request(small, chunks(), {"Content-Type": JSON}, method="POST")
    with pytest.raises((urllib.error.HTTPError, ConnectionError, urllib.error.URLError)) as caught:
        urllib.request.urlopen(request, timeout=30)
    if isinstance(caught.value, urllib.error.HTTPError):
        assert caught.value.code == 413
        caught.value.close()


def test_a_failure_of_the_server_says_nothing_of_its_inside(small):
    status, answer = ask(small, b"fail")
    assert status == 500
    assert "secret" not in json.dumps(answer)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
CELLS = st.sampled_from(["Co-N4@graphene", "Fe+Ni-N6@graphene", "Zn-?@hard_carbon", "Li", "", "K"])
COLUMNS = st.sampled_from(
    ["site", "alkali", "temperature_C", "current_density_mA_cm2", "cell", "role", "x"]
)
RECORDS = st.lists(st.dictionaries(COLUMNS, CELLS | VALUES, max_size=6), max_size=4)
BODIES = st.one_of(
    st.builds(lambda r: {"dataframe_records": r}, RECORDS | VALUES),
    st.builds(lambda r, p: {"dataframe_records": r, "params": p}, RECORDS, VALUES),
    st.builds(lambda v: {"inputs": v}, VALUES | st.dictionaries(COLUMNS, VALUES, max_size=4)),
    st.builds(lambda v: {"instances": v}, RECORDS | VALUES),
    st.builds(lambda c, d: {"dataframe_split": {"columns": c, "data": d}}, VALUES, VALUES),
    VALUES,
)
REQUESTS = st.one_of(
    st.tuples(BODIES.map(lambda b: json.dumps(b).encode()), st.just(JSON)),
    st.tuples(st.binary(max_size=200), st.sampled_from([JSON, CSV, PARQUET])),
    st.tuples(st.text(max_size=200).map(lambda t: ("site,alkali\n" + t).encode("utf-8", "replace")),
              st.just(CSV)),
)  # fmt: skip


def check(url, request):
    status, answer = ask(url, *request)
    assert status in (200, 400, 415), (status, answer)
    if status == 200:
        for row in answer["predictions"]:
            assert math.isfinite(row["value"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(request=REQUESTS)
def test_no_request_brings_the_server_down(url, request):
    check(url, request)


@pytest.mark.long
@settings(max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(request=REQUESTS)
def test_thousands_of_requests_do_not_bring_the_server_down(url, request):
    check(url, request)
