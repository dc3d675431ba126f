"""What a log file is told while labels are computed."""

import io
import sys
from collections import Counter

from sacml.cli.follow import TaskLines
from sacml.labels.status import CampaignStatus, Running, live_table


def status(done, running=(), failed=0, ready=0, seconds=None):
    hands = tuple(Running(key, "here", 1, 0.0) for key in running)
    counts = Counter(done=done, failed=failed, running=len(hands), ready=ready)
    return CampaignStatus("out", +counts, {}, hands, (), seconds, 0.0)


def test_each_finished_task_is_one_line_with_the_time_left():
    lines = []
    follow = TaskLines(lines.append)
    follow(status(0, ["site/A"], ready=2))
    follow(status(0, ["site/A"], ready=2))  # nothing new, nothing said
    follow(status(1, ["ads/A"], ready=1, seconds=7200.0))
    follow(status(1, failed=1, ready=1, seconds=60.0))
    follow(status(2, failed=1))
    assert lines == [
        "  0 of 3 tasks done; time left not known before a task is done",
        "  1 of 3 tasks done (site/A); about 2 h 0 min left",
        "  1 of 3 tasks done, 1 failed (ads/A); about 60 s left",
        "  2 of 3 tasks done, 1 failed; nothing left to do",
    ]


def test_a_file_gets_lines_and_no_table(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    lines = []
    with live_table(TaskLines(lines.append)) as show:
        show(status(1, ready=1, seconds=5.0))
    assert lines == ["  1 of 2 tasks done; about 5 s left"]
    assert out.getvalue() == ""
