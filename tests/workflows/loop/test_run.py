"""The closed loop with an engine that answers at once."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from shell import rows_of
from workflows.loop.fakes import Physics, binding, loop

from sacml.labels.engines import MissingProgramError
from sacml.models import store
from sacml.tracking.backend import connect, default_uri
from sacml.workflows.config import ConfigError
from sacml.workflows.loop import run_loop
from sacml.workflows.loop.config import LoopConfig
from sacml.workflows.loop.model import joins_released, teaching
from sacml.workflows.loop.state import LoopError, LoopFolder

KNOWN = ("Ti", "V", "Mn", "Fe", "Ni", "Zn", "Pd", "Sc", "Nb", "Mo", "Rh", "Ag")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Labels of M-N4 with Li at the fake's level, so that there is a model from the start."""
    path = tmp_path_factory.mktemp("data") / "own.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("record_id", "site", "alkali", "binding_energy_eV", "reference",
                         "level_of_theory", "fidelity", "source_group"))  # fmt: skip
        for metal in KNOWN:
            writer.writerow((f"own/{metal}", f"{metal}-N4@graphene", "Li", binding(metal, "Li"),
                             "atom", "ASE-Fake", "practice", "me"))  # fmt: skip
    return str(path)


@pytest.fixture(scope="module")
def done(tmp_path_factory, data):
    """A loop that was run to its end, its engine, and what it said."""
    root = tmp_path_factory.mktemp("done")
    engine, said = Physics(root / "journal"), []
    found = run_loop(loop(data=data), root / "loop", engine=engine, say=said.append,
                     tracking_uri=default_uri(root))  # fmt: skip
    return found, engine, said


def asked(folder):
    return [a for r in LoopFolder(folder, LoopConfig.load(folder / "config.toml")).rounds()
            for a in r.asked]  # fmt: skip


def test_the_budget_is_spent_once_and_labels_are_those_of_the_engine(done):
    found, engine, _ = done
    assert found.ended == "budget"
    rows = rows_of(found.folder / "loop.csv")
    assert len(rows) == 4
    assert len({(r["site"], r["alkali"]) for r in rows}) == 4
    assert len(engine.keys) == len(set(engine.keys))
    for row in rows:
        metal = row["site"].partition("-")[0]
        assert float(row["label_eV"]) == pytest.approx(binding(metal, "Li"), abs=1e-6)
        assert not (metal in KNOWN and row["site"] == f"{metal}-N4@graphene")
    assert {p.name for p in found.files} == {"loop.csv", "rounds.csv", "loop.png", "summary.md"}


def test_the_prediction_beside_a_label_is_that_of_the_model_frozen_before_it(done):
    found, _, _ = done
    from sacml.domain import Candidate
    from sacml.features import CandidateTable

    for row in rows_of(found.folder / "loop.csv"):
        before = found.folder / f"round-{int(row['round']) - 1:02d}"
        frozen = store.load(before / "model")
        one = CandidateTable.from_candidates([Candidate.parse(f"{row['site']};{row['alkali']}")])
        said = frozen.predict(one, 0.9)
        assert float(row["predicted_eV"]) == pytest.approx(said.value[0], abs=1e-6)
        assert float(row["lower_eV"]) == pytest.approx(said.lower[0], abs=1e-6)
        assert row["model_version"] == frozen.version
        error = float(row["label_eV"]) - float(row["predicted_eV"])
        assert float(row["error_eV"]) == pytest.approx(error, abs=1e-5)
        inside = float(row["lower_eV"]) <= float(row["label_eV"]) <= float(row["upper_eV"])
        assert row["in_interval"] == str(inside)


def test_the_model_that_asks_and_the_one_that_is_judged_are_named_apart(done):
    found, _, _ = done
    rows = rows_of(found.folder / "loop.csv")
    for row in rows:
        assert row["asking_model"] == "gaussian_process"
        assert row["model"] in ("constant", "ridge", "alkali_mean")
        assert float(row["asking_spread_eV"]) > 0
        # the number of the reason is that of the asking model
        value = float(row["asking_eV"])
        assert f"The asking model (gaussian_process) expects {value:.3g} eV" in row["asked_because"]
    assert any(r["asking_eV"] != r["predicted_eV"] for r in rows)
    text = (found.folder / "summary.md").read_text()
    assert "The asking model (gaussian_process) chooses it" in text
    assert "| asking model (eV) | judged model (eV) |" in text
    first = f"{float(rows[0]['asking_eV']):.2f} ± {float(rows[0]['asking_spread_eV']):.2f}"
    assert first in text


def test_rounds_report_the_errors_made_before_beside_held_out_metals_and_baselines(done):
    found, _, _ = done
    labels, rounds = rows_of(found.folder / "loop.csv"), rows_of(found.folder / "rounds.csv")
    assert [r["labels"] for r in rounds] == ["0", "2", "4"]
    assert [r["taught_by"] for r in rounds] == ["12", "14", "16"]

    def mean(column):
        return sum(abs(float(r["label_eV"]) - float(r[column])) for r in labels) / 4

    last = rounds[-1]
    assert float(last["prospective_mae_eV"]) == pytest.approx(mean("predicted_eV"), abs=1e-5)
    assert float(last["prospective_constant_mae_eV"]) == pytest.approx(
        mean("constant_eV"), abs=1e-5
    )
    inside = [r["in_interval"] == "True" for r in labels]
    assert float(last["prospective_coverage"]) == pytest.approx(sum(inside) / 4)
    assert all(float(r["held_out_constant_mae_eV"]) > 0 for r in rounds)
    assert float(rounds[0]["held_out_mae_eV"]) <= float(rounds[0]["held_out_constant_mae_eV"])
    text = (found.folder / "summary.md").read_text()
    assert "for practice" in text
    assert "Held-out metals had promised" in text
    assert "no other labels teach the model" in text


def test_each_round_is_a_run_below_that_of_the_loop(done):
    found, engine, _ = done
    uri = default_uri(found.folder.parent)
    client = connect(uri)

    def runs():
        experiment = client.get_experiment_by_name("sacml-loops").experiment_id
        return client.search_runs([experiment])

    by_kind = {k: [r for r in runs() if r.data.tags["sacml.kind"] == k] for k in ("loop", "round")}
    (parent,) = by_kind["loop"]
    assert {r.data.tags["mlflow.parentRunId"] for r in by_kind["round"]} == {parent.info.run_id}
    assert {r.info.status for r in (parent, *by_kind["round"])} == {"FINISHED"}
    curve = client.get_metric_history(parent.info.run_id, "prospective_mae_eV")
    assert [(m.step, m.value) for m in sorted(curve, key=lambda m: m.step)] == [
        (r["round"], r["prospective_mae_eV"]) for r in found.course[1:]
    ]
    # taken up again, with a larger budget, it goes on in the same run
    config = LoopConfig.load(found.folder / "config.toml", budget=5)
    before = list(engine.keys)
    again = run_loop(config, found.folder, engine=engine, tracking_uri=uri)
    assert [r["site"] for r in again.labels[:4]] == [r["site"] for r in found.labels]
    assert len(again.labels) == 5
    assert len(engine.keys) > len(before)
    assert len(set(engine.keys)) == len(engine.keys)
    numbers = sorted(r.data.tags.get("sacml.loop_round", "") for r in runs())
    assert numbers == ["", "0", "1", "2", "3"]
    run_loop(config, found.folder, engine=engine, tracking_uri=uri)
    assert len(runs()) == 5


def test_other_settings_are_refused_and_named(done, data):
    found, _, _ = done
    with pytest.raises(
        LoopError, match=r"(?s)batch: the loop has 2, given was 3.*protocol\.ecut"
    ) as e:
        run_loop(loop(data=data, batch=3, protocol={"engine": "ase:fake:Fake", "ecut_eV": 300}),
                 found.folder, track=False)  # fmt: skip
    assert "budget may change" in str(e.value)
    assert "seed" not in str(e.value)


def test_another_process_on_the_same_loop_is_refused(done):
    found, engine, _ = done
    config = LoopConfig.load(found.folder / "config.toml")
    with LoopFolder(found.folder, config).locked(), pytest.raises(LoopError, match="runs the loop"):
        run_loop(config, found.folder, engine=engine, track=False)


def test_what_fails_is_kept_with_its_reason_and_not_asked_again(tmp_path, data):
    out = tmp_path / "loop"
    first = run_loop(loop(data=data, budget=1, batch=1), out, track=False,
                     engine=Physics(tmp_path / "a"))  # fmt: skip
    lost = first.labels[0]["site"]
    engine = Physics(tmp_path / "b", broken=(lost,))
    found = run_loop(loop(data=data, budget=4), tmp_path / "other", engine=engine, track=False)
    rows = rows_of(found.folder / "loop.csv")
    assert rows[0]["site"] == lost
    assert rows[0]["label_eV"] == ""
    assert f"made to fail: site/{lost}" in rows[0]["no_label_because"]
    assert [r["site"] for r in rows].count(lost) == 1
    assert all(r["label_eV"] for r in rows[1:])
    assert engine.keys.count(f"site/{lost}") == 1
    assert found.course[-1]["without_label"] == 1
    assert f"made to fail: site/{lost}" in (found.folder / "summary.md").read_text()


def test_a_site_that_does_not_bind_is_told_and_teaches_nothing(tmp_path, data):
    class Repelling(Physics):
        def run(self, task, settings, folder, attempt=0):
            found = super().run(task, settings, folder, attempt)
            return found.model_copy(update={"energy_eV": 0.3}) if "ads/Cu-" in task.key else found

    space = {"metals": ["Co", "Cu"], "centres": ["single"], "hosts": ["graphene"],
             "single_shells": {"graphene": ["N4"]}}  # fmt: skip
    config = loop(data=data, space=space, budget=2, strategy="random")
    found = run_loop(config, tmp_path / "loop", track=False, engine=Repelling(tmp_path / "j"))
    rows = {r["site"]: r for r in rows_of(tmp_path / "loop" / "loop.csv")}
    assert float(rows["Cu-N4@graphene"]["label_eV"]) == pytest.approx(0.3)
    assert "does not bind" in rows["Cu-N4@graphene"]["no_label_because"]
    assert rows["Co-N4@graphene"]["no_label_because"] == ""
    assert found.course[-1]["labels"] == 1
    assert found.course[-1]["taught_by"] == len(KNOWN) + 1


def test_an_engine_that_gives_nothing_does_not_spend_the_budget(tmp_path, data):
    class Nothing(Physics):
        def run(self, task, settings, folder, attempt=0):
            self.broken = (task.inputs.site or "",)
            return super().run(task, settings, folder, attempt)

    with pytest.raises(LoopError, match=r"(?s)last 3 candidates gave no label.*made to fail"):
        run_loop(loop(data=data, budget=9, batch=1), tmp_path / "loop", track=False,
                 engine=Nothing(tmp_path / "j"))  # fmt: skip
    assert len(asked(tmp_path / "loop")) == 3
    with pytest.raises(LoopError, match="isolated atom has no energy"):
        run_loop(loop(data=data), tmp_path / "atom", track=False,
                 engine=Physics(tmp_path / "k", broken=("atom/Li",)))  # fmt: skip


def test_a_missing_program_is_told_before_anything_is_asked(tmp_path):
    config = loop(protocol={"engine": "gpaw"}, python="/nowhere/python")
    with pytest.raises(MissingProgramError, match="apt-get install gpaw"):
        run_loop(config, tmp_path / "loop", track=False)
    assert not (tmp_path / "loop").exists()


def test_no_label_of_another_level_teaches_the_model():
    own = loop(protocol={"preset": "pbe-pw340"})
    assert joins_released(own)
    assert len(teaching(own, None)) > 20
    for protocol in ({"engine": "ase:fake:Fake"}, {"preset": "pbe-pw340", "kpts": [3, 3, 1]}):
        assert not joins_released(loop(protocol=protocol))
        assert teaching(loop(protocol=protocol), None) is None


def test_labels_at_hand_of_another_level_are_refused(data):
    with pytest.raises(Exception, match=r"(?s)level of theory.*GPAW-PW340.*ASE-Fake"):
        teaching(loop(data=data, protocol={"preset": "pbe-pw340", "kpts": [3, 3, 1]}), None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"budget": 0}, "budget = 0: no label would be made"),
        ({"batch": 0}, "batch = 0"),
        ({"alkali": ["Rb"]}, "one or more of Li, Na, K"),
        ({"strategy": "hypervolume"}, "allowed: expected_improvement"),
        ({"learner": "ridge"}, "gaussian_process"),
        ({"hand_out": True}, "vasp, espresso, cp2k, not for ase:fake:Fake"),
        ({"space": {"alkali": "Li"}}, "alkali = "),
        ({"targets": ["cycle_life"]}, "binding_energy alone"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_settings_that_cannot_be_used_are_named(given, said):
    with pytest.raises(ConfigError) as error:
        loop(**given)
    assert said in str(error.value)


def test_a_window_upside_down_is_refused(tmp_path):
    path = tmp_path / "loop.toml"
    path.write_text("[window]\nLi = [-1.0, -2.0]\n")
    with pytest.raises(Exception, match="upside down"):
        LoopConfig.load(path)


def test_the_window_of_the_configuration_decides_what_counts_as_found(tmp_path, data):
    config = loop(data=data, budget=1, batch=1, strategy="random", window={"Li": (-9.0, -0.5)})
    found = run_loop(config, tmp_path / "loop", track=False, engine=Physics(tmp_path / "j"))
    assert found.labels[0]["in_window"] is True
    assert found.course[-1]["in_window"] == 1


def test_a_time_limit_ends_the_loop_before_a_task_and_the_next_run_goes_on(tmp_path, data):
    engine, config = Physics(tmp_path / "j"), loop(data=data, budget=1, batch=1)
    found = run_loop(config, tmp_path / "loop", track=False, engine=engine, time_limit_s=0)
    assert found.ended == "waiting"
    assert "time limit" in found.message
    assert len(asked(tmp_path / "loop")) == 1
    assert not engine.keys
    assert run_loop(config, tmp_path / "loop", track=False, engine=engine).ended == "budget"


def test_a_space_too_large_is_refused_with_its_size(tmp_path, data, monkeypatch):
    monkeypatch.setattr("sacml.workflows.loop.ask.LARGEST", 10)
    with pytest.raises(LoopError, match=r"holds \d+ candidates of Li.*10 at most.*--space"):
        run_loop(loop(data=data), tmp_path / "loop", track=False, engine=Physics(tmp_path / "j"))


def test_a_space_that_is_used_up_ends_the_loop(tmp_path, data):
    space = {"metals": ["Co", "Cu"], "centres": ["single"], "hosts": ["graphene"],
             "single_shells": {"graphene": ["N4"]}}  # fmt: skip
    found = run_loop(loop(data=data, space=space, budget=9, strategy="random"), tmp_path / "loop",
                     track=False, engine=Physics(tmp_path / "j"))  # fmt: skip
    assert found.ended == "space"
    assert {r["site"] for r in found.labels} == {"Co-N4@graphene", "Cu-N4@graphene"}


def test_alkali_metals_take_turns_from_round_to_round(tmp_path, data):
    config = loop(data=data, alkali=["Li", "Na", "K"], budget=4, batch=2, strategy="random")
    found = run_loop(config, tmp_path / "loop", track=False, engine=Physics(tmp_path / "j"))
    assert [r["alkali"] for r in found.labels] == ["Li", "Na", "K", "Li"]


def test_a_file_of_another_layout_or_damaged_is_named(tmp_path, data):
    config = loop(data=data)
    LoopFolder(tmp_path, config)
    path = tmp_path / "loop.json"
    stored = json.loads(path.read_text())
    path.write_text(json.dumps(stored | {"schema": "sacml.loop/9"}))
    with pytest.raises(LoopError, match=r"sacml\.loop/9"):
        LoopFolder(tmp_path, config)
    path.write_text("{")
    with pytest.raises(LoopError, match="not a file of a loop"):
        LoopFolder(tmp_path, config)


KILLED = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from workflows.loop.fakes import Physics, loop
from sacml.workflows.loop import run_loop
root = Path(sys.argv[2])
run_loop(loop(data=sys.argv[3]), root / "loop", track=False,
         engine=Physics(root / "journal", seconds=0.5))
"""


def test_a_loop_killed_in_mid_round_goes_on_and_labels_nothing_twice(tmp_path, data, done):
    tests = str(Path(__file__).parents[2])
    process = subprocess.Popen([sys.executable, "-c", KILLED, tests, str(tmp_path), data],
                               start_new_session=True)  # fmt: skip
    engine, stored = Physics(tmp_path / "journal"), tmp_path / "loop" / "labels" / "results"
    end = time.monotonic() + 120
    while len(list(stored.glob("*.json"))) < 3 and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    was = {p.name: p.read_bytes() for p in stored.glob("*.json")}
    before = (tmp_path / "loop" / "round-01" / "asked.json").read_bytes()
    begun = len(engine.keys)
    assert was
    found = run_loop(loop(data=data), tmp_path / "loop", engine=engine, track=False)
    assert (tmp_path / "loop" / "round-01" / "asked.json").read_bytes() == before
    assert {n: (stored / n).read_bytes() for n in was} == was
    # only what was in hand at the kill is computed again
    assert len(engine.keys) - len(set(engine.keys)) == begun - len(was)
    straight = done[0].labels[:4]
    keep = ("site", "alkali", "predicted_eV", "lower_eV", "label_eV", "model_version")
    assert [[r[k] for k in keep] for r in found.labels] == [[r[k] for k in keep] for r in straight]


def test_a_loop_without_labels_begins_with_a_spread_and_says_so(tmp_path):
    config = loop(budget=4, batch=4)
    found = run_loop(config, tmp_path / "loop", track=False, engine=Physics(tmp_path / "j"))
    assert [r["predicted_eV"] for r in found.labels] == [None] * 4
    assert found.course[-1]["prospective_mae_eV"] is None
    assert "No prediction could be made before a label" in found.files[-1].read_text()
