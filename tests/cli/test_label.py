import csv
import json

import pytest
from typer.testing import CliRunner

from sacml.cli.label import app
from sacml.errors import SacmlError
from sacml.labels.queue_settings import SettingsDifferError
from sacml.workflows.config import ConfigError
from sacml.workflows.label import CampaignConfig, run_campaign

CONFIG = """
name = "test"
candidates = ["Co-N4@graphene;Li"]
places = ["ring6"]
[limits]
wall_s = 120
[protocol]
preset = "pbe-pw340"
engine = "ase:ase.calculators.lj:LennardJones"
engine_options = {{ sigma = 1.2, epsilon = 0.01, rc = 4.0 }}
max_steps = {steps}
bulk_scales = [0.3, 0.35, 0.4, 0.45]
{more}
"""


def config(tmp_path, steps=2, more=""):
    path = tmp_path / "campaign.toml"
    path.write_text(CONFIG.format(steps=steps, more=more))
    return path


def call(*arguments):
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """A campaign with a real engine in its own processes."""
    tmp_path = tmp_path_factory.mktemp("label")
    out = tmp_path / "out"
    result = call("run", config(tmp_path), "--out", out, "--workers", 2)
    assert result.exit_code == 0, result.output
    return out, result.output


def test_run_says_what_it_does_and_warns_of_practice(campaign):
    _, output = campaign
    assert "6 tasks, 6 of them new" in output
    assert "are for practice: how wrong is not known" in output
    assert "nothing left to do" in output
    # no terminal: what is finished comes line by line
    assert "6 of 6 tasks done" in output


def test_running_again_adds_and_computes_nothing(campaign, tmp_path):
    out, _ = campaign
    before = {p.name: p.stat().st_mtime_ns for p in (out / "results").iterdir()}
    result = call("run", config(tmp_path), "--out", out)
    assert "0 of them new" in result.output
    assert {p.name: p.stat().st_mtime_ns for p in (out / "results").iterdir()} == before


def test_status_as_text_and_json(campaign):
    out, _ = campaign
    assert call("status", out).output.startswith("6 tasks: ")
    found = json.loads(call("status", out, "--json").output)
    assert found["schema"] == "sacml.label.status/1"
    assert found["total"] == 6
    assert found["counts"]["done"] + found["counts"]["failed"] == 6


def test_watch_ends_when_nothing_is_left(campaign):
    out, _ = campaign
    assert "nothing left to do" in call("status", out, "--watch").output


def test_table_shows_and_writes_labels(campaign, tmp_path):
    out, _ = campaign
    result = call("table", out, "--out", tmp_path / "t")
    assert "Co-N4@graphene" in result.output
    with (tmp_path / "t" / "binding.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert {r["fidelity"] for r in rows} == {"practice"}
    assert {r["record_id"] for r in rows} == {"ads/Co-N4@graphene/Li/ring6",
                                              "ads/@graphene/Li/hollow"}  # fmt: skip


def test_other_settings_on_the_folder_are_refused_by_field(campaign, tmp_path):
    out, _ = campaign
    with pytest.raises(SettingsDifferError, match="max_steps: the campaign has 2, given was 3"):
        call("run", config(tmp_path, steps=3), "--out", out)


def test_stop_leaves_the_file_that_workers_look_for(tmp_path):
    path = config(tmp_path)
    out = tmp_path / "out"
    call("run", path, "--out", out, "--stop-after", 0)
    assert "after the tasks in hand" in call("stop", out).output
    assert (out / "STOP").exists()


@pytest.mark.parametrize("command", ["status", "table", "stop"])
def test_a_folder_without_a_campaign_is_named(tmp_path, command):
    with pytest.raises(SacmlError, match="no campaign in"):
        call(command, tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("candidates = ['Co-N4@graphene']", "no alkali; write Co-N4@graphene;Li"),
        ("candidates = ['Xx-N4@graphene;Li', 'Co-N4@nowhere;Li']", "unknown"),
        ("candidates = []", "no candidates"),
        ("files = ['absent.csv']", "absent.csv"),
        ("workerz = 3", "workerz"),
        ("alkali = ['Rb']", "Rb given; allowed: Li, Na, K"),
        ("candidates = [", "not valid TOML"),
    ],
)
def test_a_bad_configuration_is_told_before_anything_is_written(tmp_path, text, said):
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        run_campaign(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_all_bad_candidates_are_told_at_once(tmp_path):
    given = CampaignConfig(candidates=("Xx-N4@graphene;Li", "Co-N4@graphene;Rb", "Co-N4@graphene"))
    with pytest.raises(ConfigError) as error:
        given.read_candidates(tmp_path)
    assert all(word in str(error.value) for word in ("Xx", "Rb", "no alkali"))


def test_candidates_come_from_lists_and_tables_each_once(tmp_path):
    (tmp_path / "mine.csv").write_text("site,alkali\nFe-N4@graphene,Na\nCo-N4@graphene,Li\n")
    (tmp_path / "proposals.csv").write_text(
        "rank,site,alkali,conditions,score\n1,Ni-N4@graphene,Li,j=3.0;q=3.0,0.9\n"
        "2,Pt-N4@graphene,Li,j=3.0;q=3.0,0.8\n3,Pd-N4@graphene,Li,j=3.0;q=3.0,0.7\n"
    )
    given = CampaignConfig(
        candidates=("Co-N4@graphene", "@graphene;K"), alkali=("Li",),
        files=("mine.csv", "proposals.csv"), top=2,
    )  # fmt: skip
    assert [str(c) for c in given.read_candidates(tmp_path)] == [
        "Co-N4@graphene;Li", "@graphene;K", "Fe-N4@graphene;Na", "Ni-N4@graphene;Li",
        "Pt-N4@graphene;Li",
    ]  # fmt: skip


def test_the_output_of_propose_is_taken(tmp_path):
    from sacml.workflows.propose import propose

    propose("Li", top=3).to_csv(tmp_path / "proposals.csv")
    found = CampaignConfig(files=("proposals.csv",)).read_candidates(tmp_path)
    assert len(found) == 3
    assert {c.alkali for c in found} == {"Li"}


def test_the_example_campaign_is_valid():
    from pathlib import Path

    from sacml.labels.settings import ProtocolSettings

    path = Path(__file__).parents[2] / "experiments" / "campaign.toml"
    given = CampaignConfig.read(path)
    assert given.read_candidates(path.parent)
    assert ProtocolSettings.from_table(given.protocol).engine.startswith("ase:")


VARIANTS = """
[variants.shorter]
protocol = { max_steps = 1 }
[variants.spin]
moments = [3.0]
table_moments = false
relative = false
"""


@pytest.fixture(scope="module")
def varied(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("variants")
    path, out = config(tmp_path, more=VARIANTS), tmp_path / "out"
    for chosen in (("--variant", "base"), ("--variant", "shorter", "--stop-after", 1)):
        result = call("run", path, "--out", out, "--workers", 2, *chosen)
        assert result.exit_code == 0, result.output
    return path, out


def test_each_variant_has_a_folder_of_its_own(varied):
    _, out = varied
    assert sorted(p.name for p in out.iterdir()) == ["base", "shorter"]
    assert call("status", out / "base").output.startswith("6 tasks: ")


def test_compare_shows_changes_and_what_is_missing(varied, tmp_path):
    path, out = varied
    result = call("compare", path, "--out", out, "--csv", tmp_path / "changes.csv")
    assert result.exit_code == 0, result.output
    with (tmp_path / "changes.csv").open() as handle:
        rows = {r["variant"]: r for r in csv.DictReader(handle)}
    assert list(rows) == ["base", "shorter", "spin"]
    assert rows["base"]["state"] == "computed"
    assert rows["base"]["change_eV"] == ""  # the bundled labels are of other settings
    assert "of 2 tasks done" in rows["shorter"]["state"]
    assert rows["shorter"]["binding_energy_eV"] == ""
    assert rows["spin"]["state"] == "not begun"
    assert "not begun" in result.output


def test_a_variant_of_base_settings_is_compared_with_the_lowest_of_both(varied, tmp_path):
    path, out = varied
    result = call("run", path, "--out", out, "--workers", 2, "--variant", "spin")
    assert "variant spin, in" in result.output
    call("compare", path, "--out", out, "--csv", tmp_path / "changes.csv")
    with (tmp_path / "changes.csv").open() as handle:
        rows = {r["variant"]: r for r in csv.DictReader(handle)}
    assert rows["spin"]["state"] == "computed"
    assert rows["spin"]["starts"] == "2"
    # Lennard-Jones knows no spin: the same atoms, the same energy
    assert float(rows["spin"]["change_eV"]) == pytest.approx(0, abs=1e-9)
    assert float(rows["spin"]["site_change_eV"]) == pytest.approx(0, abs=1e-9)


def test_unknown_variants_and_campaigns_without_any_are_named(varied, tmp_path):
    path, out = varied
    with pytest.raises(ConfigError, match=r"no variant cell in .*base, shorter, spin"):
        call("run", path, "--out", out, "--variant", "cell")
    with pytest.raises(ConfigError, match="has no variants"):
        call("compare", config(tmp_path), "--out", out)


def test_a_mistake_in_the_last_variant_is_told_before_the_first_is_computed(tmp_path):
    more = "[variants.a]\nprotocol = { ecut = 3 }"
    with pytest.raises(SacmlError, match="ecut_eV"):
        call("run", config(tmp_path, more=more), "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_cluster_that_is_not_there_is_named(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    from sacml import executors

    monkeypatch.setattr(executors, "CONNECT_S", 0.3)
    with pytest.raises(executors.ExecutorError, match="no Dask scheduler answers"):
        call("run", config(tmp_path), "--out", tmp_path / "out", "--dask", "tcp://127.0.0.1:9")
    assert not (tmp_path / "out").exists()
