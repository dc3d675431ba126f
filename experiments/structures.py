"""Train on structures of another group: adsorption on 140 single-atom sites in N-doped graphene.

The data are of He, Wang and Ouyang (Chem. Mater. 2023, doi:10.1021/acs.chemmater.3c02549), VASP,
for H, O, OH and OOH; they are not part of sacml. Give their folder:

    python experiments/structures.py ../shared/data/public/sac_hoer

Input is the relaxed *bare* site with the adsorbate's name; `--with-adsorbate` takes the relaxed
structure with the adsorbate in it, which nobody has for a candidate: an upper bound.
"""

import argparse
from pathlib import Path

from ase.io import read, write

from sacml.workflows.samples import train_samples

USABLE = ("clean", "recovered")


def bare_sites(frames: list) -> list:
    """One frame per usable value: the bare site, marked, with the adsorbate's name."""
    bare = {
        (f.info["metal"], int(f.info["n_N"])): f
        for f in frames
        if str(f.info["quality"]).startswith("substrate")
    }
    out = []
    for frame in frames:
        site = (frame.info["metal"], int(frame.info["n_N"]))
        if frame.info["quality"] not in USABLE:
            continue
        if site not in bare:
            print(f"left out: {frame.info['id']}, no structure of its bare site is published")
            continue
        atoms = bare[site].copy()
        atoms.info = {
            "id": frame.info["id"],
            "adsorbate": frame.info["adsorbate"],
            "dG_eV": frame.info["dG_eV"],
            "centre": int(bare[site].info["metal_index"]),
        }
        out.append(atoms)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with sac_hoer.extxyz")
    parser.add_argument("--out", type=Path, default=Path("runs/structures"))
    parser.add_argument("--with-adsorbate", action="store_true")
    options = parser.parse_args()
    frames = read(options.data / "sac_hoer.extxyz", index=":")
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "input.extxyz"
    if options.with_adsorbate:
        write(path, [f for f in frames if f.info["quality"] in USABLE], format="extxyz")
    else:
        write(path, bare_sites(frames), format="extxyz")
    study = train_samples(path, "dG_eV", "eV", folder=options.out, say=print)
    for split, models in study.summary["splits"].items():
        print(f"\n{split.replace('_', ' ')}")
        for name, s in models.items():
            print(f"  {name:<22}{s['mae']:.3f} eV  [{s['mae_low']:.3f}, {s['mae_high']:.3f}]")


if __name__ == "__main__":
    main()
