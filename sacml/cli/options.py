"""Options and output that several commands share."""

import json
from typing import Annotated, Any

import typer

from sacml.domain import Conditions

Alkali = Annotated[str, typer.Option("--alkali", "-a", help="Li, Na or K.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON with a versioned schema.")]
Models = Annotated[
    str | None,
    typer.Option("--models", help="Folder of surrogates to use instead of the released ones."),
]
Dask = Annotated[
    str | None,
    typer.Option("--dask", help="Compute on a running Dask cluster: tcp://HOST:PORT."),
]
Level = Annotated[float, typer.Option("--level", help="Level of the prediction interval.")]
Current = Annotated[
    float | None, typer.Option("--current-density", "-j", help="Current density in mA cm-2.")
]
Capacity = Annotated[
    float | None, typer.Option("--areal-capacity", "-q", help="Areal capacity in mAh cm-2.")
]
Temperature = Annotated[float | None, typer.Option("--temperature", help="Temperature in C.")]
Electrolyte = Annotated[
    str | None, typer.Option("--electrolyte", help="ether, carbonate, solid or other.")
]
Cell = Annotated[str | None, typer.Option("--cell", help="symmetric, half or full.")]
Role = Annotated[
    str | None,
    typer.Option("--role", help="What the material does in the cell, e.g. host or interlayer."),
]


def comma_list(text: str) -> tuple[str, ...]:
    """Split ``Co,Pt`` into its words."""
    return tuple(filter(None, (word.strip() for word in text.split(","))))


def conditions(
    current: float | None,
    capacity: float | None,
    temperature: float | None,
    electrolyte: str | None,
    cell: str | None,
    role: str | None,
) -> Conditions:
    """Gather the options into conditions."""
    return Conditions(current, capacity, temperature, electrolyte, cell, role)


def number(value: float) -> str:
    """Round for reading: two decimals below ten, none above."""
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"


def print_json(schema: str, **content: Any) -> None:
    """Print one JSON object that names the version of its layout."""
    print(json.dumps({"schema": schema, **content}, indent=2, allow_nan=False))
