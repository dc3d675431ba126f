"""A structure to turn and zoom: one HTML file that needs no network, and a notebook view.

::

    view(build("Co-N4@graphene", "Li"))                 # last line of a notebook cell
    view(structure).write("site.html")

Drawn with plotly, which sacml depends on anyway: atoms and bonds are meshes in true proportion.
Packages around 3Dmol.js (py3Dmol and others) load the script from a server when the page opens.
"""

import html as html_module
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sacml.structures.drawing import Floats, PictureError, Scene
from sacml.structures.meshes import Ints, ball, merged, stick

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ATOM_SCALE = 0.42
HEIGHT_PX = 560
ZOOM = 3.0


@dataclass(frozen=True, eq=False)
class View:
    """An interactive view of one structure; shown by itself in a notebook."""

    scene: Scene

    @property
    def figure(self) -> "Figure":
        """The plotly figure."""
        return _figure(self.scene)

    def html(self, whole_page: bool = True, script: bool = True) -> str:
        """HTML text; without `script` the page around it must hold plotly.js already."""
        text: str = self.figure.to_html(
            full_html=whole_page,
            include_plotlyjs=script,
            include_mathjax=False,
            config={"displaylogo": False, "responsive": True},
            default_height=f"{HEIGHT_PX}px",
        )
        title = f"<title>{html_module.escape(self.scene.title)}</title>"
        return text.replace("<head>", f"<head>{title}", 1) if whole_page else text

    def write(self, path: str | Path) -> Path:
        """Write a page of its own; returns its path."""
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.html(), encoding="utf-8")
        except OSError as error:
            raise PictureError(f"cannot write {path}: {error.strerror or error}") from None
        return path

    def _repr_html_(self) -> str:
        """Show in a notebook: a frame of its own, so that nothing of the notebook is touched."""
        page = html_module.escape(self.html(), quote=True)
        return (
            f'<iframe srcdoc="{page}" width="100%" height="{HEIGHT_PX + 20}" '
            'style="border:0"></iframe>'
        )


def view(structure: Any) -> View:
    """Interactive view of a `Structure` or of Atoms.

    Raises
    ------
    PictureError
        If there is nothing to draw.
    """
    return View(Scene.of(structure))


def _figure(scene: Scene) -> "Figure":
    from plotly import graph_objects as go

    figure = go.Figure()
    _add_cell(figure, scene)
    if scene.bonds:
        points, faces = merged(
            [
                stick(scene.positions[b.first], b.vector * (1.0 if b.whole else 0.5))
                for b in scene.bonds
            ]
        )
        figure.add_trace(_mesh(points, faces, "rgb(150,150,150)", "bonds"))
    for symbol in sorted(set(scene.symbols), key=scene.symbols.index):
        atoms = [i for i, s in enumerate(scene.symbols) if s == symbol]
        balls = [ball(scene.positions[i], ATOM_SCALE * scene.radii[i]) for i in atoms]
        points, faces = merged(balls)
        red, green, blue = np.rint(255 * scene.colours[atoms[0]]).astype(int).tolist()
        name = f"{symbol} {len(atoms)}"
        figure.add_trace(_mesh(points, faces, f"rgb({red},{green},{blue})", name, legend=True))
    _add_names(figure, scene)
    hidden = {"visible": False}
    figure.update_layout(
        title={"text": f"<b>{html_module.escape(scene.title)}</b><br><sup>{scene.note}</sup>"},
        scene={
            "xaxis": hidden,
            "yaxis": hidden,
            "zaxis": hidden,
            "aspectmode": "manual",
            "aspectratio": dict(zip("xyz", _aspect(scene).tolist(), strict=True)),
            "dragmode": "orbit",
            "camera": {
                "eye": {"x": 0.0, "y": -0.75, "z": 0.75},
                "projection": {"type": "orthographic"},
            },
        },
        margin={"l": 0, "r": 0, "t": 60, "b": 0},
        legend={"itemsizing": "constant"},
        paper_bgcolor="white",
    )
    return figure


def _aspect(scene: Scene) -> Floats:
    """Sides of the drawn box: true proportions, as large as the page holds."""
    points = np.vstack([scene.positions, scene.edges.reshape(-1, 3)])
    # balls and names stand out of the points
    sides: Floats = np.ptp(points, axis=0) + 2.0
    return sides / sides.max() * ZOOM


def _mesh(points: Floats, faces: Ints, colour: str, name: str, legend: bool = False) -> Any:
    from plotly import graph_objects as go

    x, y, z = np.round(points, 3).T
    i, j, k = faces.T
    return go.Mesh3d(
        x=x, y=y, z=z, i=i, j=j, k=k, color=colour, name=name, showlegend=legend,
        hoverinfo="skip", flatshading=False,
        lighting={"ambient": 0.6, "diffuse": 0.75, "specular": 0.3, "roughness": 0.5},
        # seen from the camera: plotly counts z away from the viewer
        lightposition={"x": -60_000, "y": 90_000, "z": -90_000},
    )  # fmt: skip


def _add_names(figure: "Figure", scene: Scene) -> None:
    """Name atoms under the pointer, and write the names of centre and alkali beside them."""
    from plotly import graph_objects as go

    roles = dict.fromkeys(scene.centre, "centre") | dict.fromkeys(scene.alkali, "alkali")
    texts = [
        f"{s} #{i}" + (f" ({roles[i]})" if i in roles else "") for i, s in enumerate(scene.symbols)
    ]
    x, y, z = np.round(scene.positions, 3).T
    figure.add_trace(
        go.Scatter3d(
            x=x,
            y=y,
            z=z,
            mode="markers",
            marker={"size": 7, "opacity": 0.0},
            text=texts,
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    )
    if roles:
        some = list(roles)
        above = scene.positions[some]
        above[:, 2] += ATOM_SCALE * scene.radii[some] + 0.35
        figure.add_trace(
            go.Scatter3d(
                x=above[:, 0],
                y=above[:, 1],
                z=above[:, 2],
                mode="text",
                text=[f"<b>{scene.symbols[i]}</b>" for i in some],
                showlegend=False,
                hoverinfo="skip",
                textfont={"size": 15, "color": "black"},
            )
        )


def _add_cell(figure: "Figure", scene: Scene) -> None:
    from plotly import graph_objects as go

    if not len(scene.edges):
        return
    gap = np.full((len(scene.edges), 1, 3), np.nan)
    lines = np.concatenate([scene.edges, gap], axis=1).reshape(-1, 3)
    # the cell of a sheet is drawn through the middle of its atoms
    if len(scene.edges) == 4:
        lines[:, 2] += float(np.median(scene.positions[:, 2]))
    x, y, z = ([None if np.isnan(v) else round(v, 3) for v in column] for column in lines.T)
    figure.add_trace(
        go.Scatter3d(
            x=x,
            y=y,
            z=z,
            mode="lines",
            line={"color": "rgb(170,170,170)", "width": 3},
            hoverinfo="skip",
            showlegend=False,
        )
    )
