"""What `sacml train --structures` and `sacml predict --structures` do."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

from sacml.cli.options import number
from sacml.errors import SacmlError

MODEL = "runs/structures/model"
"""Where a model of structures is stored and looked for by default."""


def train(
    structures: str,
    target: str,
    unit: str | None,
    *,
    model: str,
    folder: str,
    json: bool,
    tracking_uri: str | None,
    track: bool,
    given: dict[str, Any],
    **options: Any,
) -> None:
    """Train on structures; `given` holds options that belong to candidates, name -> value."""
    _refuse("train", given)
    if not target or "," in target:
        raise SacmlError("--structures learns one number: name its key with --target KEY")
    if not unit:
        raise SacmlError(f"say in which unit {target!r} is: --unit eV")
    from sacml.workflows.samples import train_samples
    from sacml.workflows.train import store_uri

    say = partial(print, file=sys.stderr) if json else print
    uri = store_uri(Path(folder), tracking_uri) if track else None
    study = train_samples(
        structures, target, unit, model=model or "stack", folder=folder, tracking_uri=uri, say=say,
        **options,
    )  # fmt: skip
    if json:
        print(study.to_json())
        return
    for name, models in study.summary["splits"].items():
        print(f"\n{name.replace('_', ' ')}, mean absolute error in {unit}")
        for one, scores in models.items():
            ends = f"[{scores['mae_low']:.3f}, {scores['mae_high']:.3f}]"
            print(f"  {one:<22}{scores['mae']:8.3f}  {ends}")


def predict(
    structures: str,
    models: str | None,
    *,
    adsorbate: str | None,
    leave_out_bad: bool,
    out: str | None,
    json: bool,
    given: dict[str, Any],
) -> None:
    """Predict for structures."""
    _refuse("predict", given)
    from sacml.workflows.samples import predict_samples

    frame = predict_samples(
        structures, models or MODEL, adsorbate=adsorbate, leave_out_bad=leave_out_bad
    )
    for problem in frame.attrs["left_out"]:
        print(f"left out: {problem}", file=sys.stderr)
    if out:
        frame.to_csv(out, index=False, float_format="%.6g")
        print(f"wrote {len(frame)} predictions to {out}")
    elif json:
        from sacml.cli.options import print_json

        rows = frame.replace({float("inf"): None, float("-inf"): None}).astype(object)
        found = rows.where(rows.notna(), None).to_dict("records")
        print_json("sacml.predict.structures/1", predictions=found)
    else:
        name = frame.columns[3]
        for row in frame.to_dict("records"):
            ends = f"[{number(row[f'lower_{name}'])}, {number(row[f'upper_{name}'])}]"
            flag = "in domain" if row["in_domain"] else "OUT OF DOMAIN"
            print(f"{row['frame']}: {row['site']} {row['adsorbate']}".rstrip())
            print(f"  {name:<20}{number(row[name]):>8} 90% {ends:<18}{flag}")
            if row["reasons"]:
                print(f"    {row['reasons']}")


def _refuse(command: str, given: dict[str, Any]) -> None:
    wrong = [f"--{name.replace('_', '-')}" for name, value in given.items() if value]
    if wrong:
        raise SacmlError(
            f"{', '.join(wrong)} cannot be used with `sacml {command} --structures`; see "
            f"`sacml {command} --help`"
        )
