import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.errors import UnknownNameError
from sacml.labels import PRESETS, ProtocolSettings, ScfTry, SettingsError, preset


def test_defaults_are_the_protocol_of_the_bundled_campaign():
    s = preset("pbe-pw340")
    assert (s.ecut_eV, s.kpts, s.relax_kpts) == (340.0, (2, 2, 1), (1, 1, 1))
    assert [(t.beta, t.width_eV) for t in s.scf_tries] == [(0.1, 0.1), (0.04, 0.1), (0.04, 0.2)]
    assert (s.fmax_eV_A, s.max_steps, s.vacuum_A) == (0.15, 16, 13.0)
    assert s.level_of_theory == "GPAW-PW340/PBE"  # as it stands in datasets/dft


def test_digest_depends_on_every_setting_but_the_name():
    s = preset("pbe-pw340")
    changed = {
        "engine": "ase:a.b:C", "mode": "lcao", "ecut_eV": 341.0, "basis": "sz(dzp)",
        "grid_spacing_A": 0.19, "xc": "RPBE", "kpts": (3, 3, 1), "relax_kpts": (2, 2, 1),
        "scf_tries": (ScfTry(beta=0.05),), "retry_tries": (ScfTry(beta=0.05),),
        "energy_convergence_eV": 1e-4, "density_convergence": 1e-3, "eigenstates_eV2": 1e-6,
        "relax_density_convergence": 1e-3, "extra_bands": 11, "dipole_correction": False,
        "fmax_eV_A": 0.1, "max_steps": 17, "max_step_A": 0.1, "prerelax": "none",
        "prerelax_fmax_eV_A": 0.1, "prerelax_max_steps": 99,
        "repeat": (5, 5), "vacuum_A": 14.0, "sheet_height_A": 5.0, "starts": 3,
        "atom_box_A": (11, 12, 13), "atom_widths_eV": (0.1,), "atom_beta": 0.1,
        "atom_max_iterations": 99, "atom_density_convergence": 1e-3, "bulk_kpts": (8, 8, 8),
        "atom_eigenstates_eV2": 1e-5, "bulk_scales": (0.9, 0.95, 1.0, 1.05),
    }  # fmt: skip
    assert set(changed) | {"name", "engine_options", "prerelax_options"} == set(
        ProtocolSettings.model_fields
    )
    digests = {ProtocolSettings.from_dict({k: v}).digest for k, v in changed.items()}
    assert len(digests | {s.digest}) == len(changed) + 1
    assert ProtocolSettings.from_dict({"name": "other"}).digest == s.digest


def test_digests_of_stored_labels_hold():
    """Settings that came later must not part new labels from those computed before."""
    assert preset("pbe-pw340").digest == "b94c9cedb96ffbd6"
    assert preset("tiny").digest == "e8bfc5c57e6d1211"
    # as the settings.json of older folders has it
    assert ProtocolSettings.from_dict({"prerelax": True}).digest == "b94c9cedb96ffbd6"
    assert ProtocolSettings.from_dict({"prerelax": False}) == ProtocolSettings(prerelax="none")


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ({}, "GPAW-PW340/PBE"),
        ({"mode": "lcao"}, "GPAW-LCAO-dzp/PBE"),
        ({"engine": "ase:tblite.ase:TBLite", "engine_options": {"method": "GFN1-xTB"}},
         "ASE-GFN1-xTB"),
        ({"engine": "ase:tblite.ase:TBLite"}, "ASE-GFN2-xTB"),  # tblite's own default
        ({"engine": "ase:chgnet.model.dynamics:CHGNetCalculator"}, "ASE-CHGNet"),
        ({"engine": "ase:ase.calculators.emt:EMT"}, "ASE-EMT"),
        ({"engine": "vasp"}, "VASP/PBE"),
        ({"prerelax": "chgnet"}, "GPAW-PW340/PBE"),  # the engine relaxes behind it
        ({"prerelax": "chgnet", "max_steps": 0}, "GPAW-PW340/PBE//ASE-CHGNet"),
        ({"prerelax": "ase:tblite.ase:TBLite", "prerelax_options": {"method": "GFN1-xTB"},
          "max_steps": 0}, "GPAW-PW340/PBE//ASE-GFN1-xTB"),
        ({"max_steps": 0}, "GPAW-PW340/PBE//springs"),
    ],
)  # fmt: skip
def test_the_level_names_method_and_geometry(values, level):
    assert ProtocolSettings.from_dict(values).level_of_theory == level


@given(
    st.builds(
        lambda ecut, kpts, repeat, beta, preset_name: {
            **PRESETS[preset_name], "ecut_eV": ecut, "kpts": kpts, "repeat": repeat,
            "scf_tries": [{"beta": beta}],
        },
        st.floats(1, 2000), st.tuples(*[st.integers(1, 9)] * 3),
        st.none() | st.tuples(st.integers(1, 9), st.integers(1, 9)),
        st.floats(1e-3, 1), st.sampled_from(sorted(PRESETS)),
    )
)  # fmt: skip
def test_toml_gives_back_the_same_settings(values):
    s = ProtocolSettings.from_dict(values)
    again = ProtocolSettings.from_table(tomllib.loads(s.to_toml()))
    assert again == s
    assert again.digest == s.digest


def test_toml_file_with_a_preset_and_a_table(tmp_path):
    path = tmp_path / "campaign.toml"
    path.write_text('workers = 2\n[protocol]\npreset = "tiny"\nfmax_eV_A = 0.05\n')
    s = ProtocolSettings.from_toml(path)
    assert (s.ecut_eV, s.fmax_eV_A) == (150.0, 0.05)


def test_all_bad_settings_are_told_at_once(tmp_path):
    with pytest.raises(SettingsError) as caught:
        ProtocolSettings.from_dict({"ecut": 300, "fmax_eV_A": -1, "engine": "vsap"})
    text = str(caught.value)
    assert "ecut_eV" in text  # the nearest name
    assert "fmax_eV_A" in text
    assert "-1" in text
    assert "vasp" in text
    with pytest.raises(SettingsError, match="cannot read"):
        ProtocolSettings.from_toml(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("a = [")
    with pytest.raises(SettingsError, match=r"bad\.toml"):
        ProtocolSettings.from_toml(tmp_path / "bad.toml")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"engine_options": {"a": 1}}, "engine_options"),
        ({"bulk_scales": (1.0, 1.0, 1.1, 1.2)}, "bulk_scales"),
        ({"sheet_height_A": 14.0}, "sheet_height_A"),
        ({"ecut_eV": float("nan")}, "ecut_eV"),
        ({"scf_tries": []}, "scf_tries"),
        ({"prerelax": "chgnett"}, "springs, none, chgnet"),
        ({"prerelax_options": {"a": 1}}, "prerelax_options"),
        ({"engine": "chgnet"}, "ase:MODULE:CLASS"),
    ],
)
def test_settings_that_contradict(values, said):
    with pytest.raises(SettingsError, match=said):
        ProtocolSettings.from_dict(values)


def test_unknown_preset_names_the_nearest():
    with pytest.raises(UnknownNameError, match="pbe-pw340"):
        preset("pbe-pw34")


def test_a_retry_is_gentler():
    s = preset("pbe-pw340")
    assert s.tries(0) == s.scf_tries
    assert max(t.beta for t in s.tries(1)) < min(t.beta for t in s.scf_tries)
    assert s.tries(2) == s.tries(1)
