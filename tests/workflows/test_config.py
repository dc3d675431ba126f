import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.workflows.config import ConfigError, ProposalConfig, StudyConfig

configs = st.builds(
    StudyConfig,
    name=st.from_regex(r"\A[a-z][a-z0-9_\-]{0,20}\Z"),
    seed=st.integers(0, 2**31),
    targets=st.just(("cycle_life",)),
    level=st.floats(0.01, 0.99),
    min_sac_groups=st.integers(2, 50),
    data=st.none() | st.just("mine.csv"),
    level_of_theory=st.none() | st.text(min_size=1, max_size=20),
    reference=st.sampled_from(["atom", "bulk", "ion"]),
    refine=st.just(("gaussian_process",)) | st.just(()),
    proposals=st.lists(
        st.builds(
            ProposalConfig,
            alkali=st.sampled_from(["Li", "Na", "K"]),
            top=st.integers(1, 100),
            exclude=st.just(("Co", "Pt")),
            max_price_usd_per_kg=st.none() | st.floats(0.1, 1e6),
        ),
        max_size=3,
    ).map(tuple),
)


@given(configs)
def test_the_resolved_configuration_reads_back_as_itself(config):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        config.write(path)
        assert StudyConfig.read(path) == config


def test_all_wrong_settings_are_reported_at_once(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text('level = 1.5\nmodels = ["constant", "magic"]\ntargts = []\n')
    with pytest.raises(ConfigError) as caught:
        StudyConfig.read(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: 3 wrong settings")
    for part in ("level = 1.5", "magic", "targts", "settings: name, seed, targets"):
        assert part in text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("name = ", "not valid TOML"),
        ('models = ["ridge"]', "'constant' must be among the models"),
        ("targets = []", "nothing given"),
        ('[[proposals]]\nalkali = "Rb"', "allowed: Li, Na, K"),
        ("seed = -1", "seed = -1"),
        ('refine = ["magic"]', "magic"),
        ('reference = "sea level"', "reference = 'sea level'"),
        ('splits = ["by_magic"]', "by_magic"),
    ],
)
def test_unusable_configurations_are_named(tmp_path, content, says):
    path = tmp_path / "c.toml"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        StudyConfig.read(path)
    assert says in str(caught.value)


def test_a_missing_file_is_named():
    with pytest.raises(ConfigError, match="there is no configuration file 'no\\.toml'"):
        StudyConfig.read("no.toml")


def test_options_replace_settings_and_are_checked_like_them():
    config = StudyConfig.make({"seed": 4, "models": ["constant", "ridge"]})
    changed = config.with_options(seed=None, models=(), refine=("ridge",), targets=("cycle_life",))
    assert (changed.seed, changed.models) == (4, ("constant", "ridge")), "not given, so kept"
    assert changed.targets == ("cycle_life",)
    assert changed.compared == ("constant", "ridge"), "a model of both roles is compared once"
    assert config.with_options(seed=0).seed == 0, "zero is an option that was given"
    with pytest.raises(ConfigError, match="life"):
        config.with_options(targets=("life",))


def test_what_was_not_set_can_still_follow_from_the_data():
    assert "targets" not in StudyConfig().with_options(seed=1).model_fields_set
