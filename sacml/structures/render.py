"""A picture of a structure: seen from above and from the side, as PNG.

::

    path = render(build("Co-N4@graphene", "Li"), "site.png")
"""

import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sacml.structures.drawing import Floats, PictureError, Scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ATOM_SCALE = 0.42
"""Drawn radius of an atom over its covalent radius."""
_MARGIN_A, _BOND_WIDTH_A = 1.4, 0.16
_WIDTH_IN, _EDGE_IN, _HEAD_IN, _FOOT_IN, _GAP_IN = 5.2, 0.1, 0.62, 0.52, 0.28
_SHINE = np.array([-0.3, 0.3])
_BRIGHTNESS = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in the brightness of a colour (ITU-R BT.601)."""


def render(structure: Any, path: str | Path, dpi: int = 130) -> Path:
    """Draw a structure into a PNG file; returns its path.

    Parameters
    ----------
    structure
        A `Structure`, or Atoms (titled by their formula where ``info`` holds no site).

    Raises
    ------
    PictureError
        If there is nothing to draw or the file cannot be written.
    """
    path = Path(path)
    content = png(structure, dpi)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise PictureError(f"cannot write {path}: {error.strerror or error}") from None
    return path


def png(structure: Any, dpi: int = 130) -> bytes:
    """Draw a structure; returns the content of a PNG file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    figure = draw(Scene.of(structure))
    figure.set_dpi(dpi)
    FigureCanvasAgg(figure).print_png(buffer)
    return buffer.getvalue()


def draw(scene: Scene) -> "Figure":
    """Draw the two views into a matplotlib figure."""
    from matplotlib.figure import Figure

    points = np.vstack([scene.positions, scene.edges.reshape(-1, 3)])
    low, high = points.min(axis=0) - _MARGIN_A, points.max(axis=0) + _MARGIN_A
    # a cell's empty height is not drawn
    z = scene.positions[:, 2]
    low[2], high[2] = z.min() - _MARGIN_A, z.max() + _MARGIN_A
    size = high - low
    scale = (_WIDTH_IN - 2 * _EDGE_IN) / size[0]
    above, beside = size[1] * scale, size[2] * scale
    total = above + beside + _HEAD_IN + _FOOT_IN + _GAP_IN
    figure = Figure(figsize=(_WIDTH_IN, total), facecolor="white")
    left, width = _EDGE_IN / _WIDTH_IN, 1 - 2 * _EDGE_IN / _WIDTH_IN
    top = figure.add_axes((left, (_FOOT_IN + beside + _GAP_IN) / total, width, above / total))
    side = figure.add_axes((left, _FOOT_IN / total, width, beside / total))
    for axes, up, toward, name in ((top, 1, 2, "top"), (side, 2, 1, "side")):
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(low[up], high[up])
        axes.set_aspect("equal")
        axes.set_axis_off()
        axes.text(0, 1, name, transform=axes.transAxes, fontsize=8, color="0.35", va="bottom")
        painter = _Painter(axes, scene, up, toward, scale)
        painter.outline()
        painter.bonds()
        painter.atoms()
    _scale_bar(side, low, high)
    _text(figure, 1 - 0.2 / total, scene.title, fontsize=11.5, weight="bold", color="0.1")
    _text(figure, 1 - 0.42 / total, scene.note, fontsize=7.5, color="0.4")
    _legend(figure, scene, 0.2 / total)
    return figure


def _text(figure: "Figure", y: float, text: str, **style: Any) -> None:
    figure.text(0.5, y, text, ha="center", va="center", **style)


@dataclass(frozen=True, eq=False)
class _Painter:
    """Paints one view from back to front; x of the scene runs to the right in both."""

    axes: "Axes"
    scene: Scene
    up: int
    toward: int
    inches_per_A: float

    @cached_property
    def depth(self) -> Floats:
        """Nearness of each atom to the viewer, shape (n,)."""
        return self._sign * self.scene.positions[:, self.toward]

    @property
    def _sign(self) -> float:
        # the side view looks along +y: what has the smaller y is nearer
        return 1.0 if self.toward == 2 else -1.0

    def _order(self, depth: float) -> float:
        span = max(float(np.ptp(self.depth)), 1e-9)
        return 2.0 + (depth - float(self.depth.min())) / span

    def outline(self) -> None:
        """Draw the cell; from the side, that of a sheet is a line that means nothing."""
        if self.toward == 2 or len(self.scene.edges) > 4:
            for edge in self.scene.edges[:, :, [0, self.up]]:
                self.axes.plot(*edge.T, color="0.72", lw=0.8, ls=(0, (4, 3)), zorder=0.1)

    def bonds(self) -> None:
        """Draw bonds as grey sticks with dark borders."""
        from matplotlib.lines import Line2D

        thick = 72 * self.inches_per_A * _BOND_WIDTH_A
        for bond in self.scene.bonds:
            start = self.scene.positions[bond.first]
            end = start + bond.vector * (1.0 if bond.whole else 0.5)
            middle = self.depth[bond.first] + self._sign * (end - start)[self.toward] / 2.0
            x, y = np.array([start, end])[:, [0, self.up]].T
            grey = "0.62" if bond.whole else "0.87"
            for colour, factor in (("0.25", 1.35), (grey, 1.0)):
                line = Line2D(x, y, color=colour, lw=thick * factor, solid_capstyle="butt")
                line.set(zorder=self._order(middle), alpha=1.0 if bond.whole else 0.6)
                self.axes.add_artist(line)

    def atoms(self) -> None:
        """Draw atoms as shaded discs, centre and alkali with strong borders and their names."""
        from matplotlib.patches import Circle

        scene, special = self.scene, {*self.scene.centre, *self.scene.alkali}
        flat = scene.positions[:, [0, self.up]]
        for i, (xy, radius) in enumerate(zip(flat, ATOM_SCALE * scene.radii, strict=True)):
            order, strong = self._order(self.depth[i]) + 1e-3, i in special
            disc = Circle(xy, radius, facecolor=scene.colours[i], zorder=order)
            disc.set(edgecolor="black" if strong else "0.25", linewidth=1.8 if strong else 0.7)
            self.axes.add_artist(disc)
            shine = Circle(xy + radius * _SHINE, 0.28 * radius, lw=0)
            shine.set(facecolor="white", alpha=0.45, zorder=order + 1e-4)
            self.axes.add_artist(shine)
            if strong and not self._hidden(i, flat, special):
                dark = float(scene.colours[i] @ _BRIGHTNESS) < 0.5
                size = float(np.clip(60 * self.inches_per_A * radius, 6.0, 10.0))
                self.axes.text(
                    xy[0], xy[1], scene.symbols[i], ha="center", va="center", weight="bold",
                    color="white" if dark else "black", fontsize=size, zorder=8,
                )  # fmt: skip

    def _hidden(self, i: int, flat: Floats, special: set[int]) -> bool:
        """Whether an atom stands before this one, so that its name would be read wrongly."""
        nearer = self.depth > self.depth[i]
        covering = nearer & (np.linalg.norm(flat - flat[i], axis=1) < 0.6)
        if self.toward != 2:
            covering &= np.isin(np.arange(len(flat)), list(special))
        return bool(covering.any())


def _scale_bar(axes: "Axes", low: Floats, high: Floats) -> None:
    length = 5.0 if high[0] - low[0] > 12 else 2.0
    x, y = high[0] - 0.4 - length, low[2] + 0.25
    axes.plot([x, x + length], [y, y], color="0.1", lw=2.0, solid_capstyle="butt", zorder=9)
    axes.text(x + length / 2, y + 0.12, f"{length:g} Å", ha="center", va="bottom", fontsize=7.5,
              color="0.1", zorder=9)  # fmt: skip


def _legend(figure: "Figure", scene: Scene, y: float) -> None:
    from matplotlib.lines import Line2D

    roles = dict.fromkeys(scene.centre, " (centre)") | dict.fromkeys(scene.alkali, " (alkali)")
    # a metal may be centre and host in one structure: they are counted apart
    kinds = [(s, roles.get(i, "")) for i, s in enumerate(scene.symbols)]
    order = [kinds[i] for i in roles] + sorted(k for k in set(kinds) if not k[1])
    handles = []
    for kind in dict.fromkeys(order):
        i = kinds.index(kind)
        strong = bool(kind[1])
        label = f"{kind[0]} {kinds.count(kind)}{kind[1]}"
        handles.append(
            Line2D(
                [],
                [],
                marker="o",
                ls="",
                markersize=7.5,
                markerfacecolor=scene.colours[i],
                markeredgecolor="black" if strong else "0.25",
                markeredgewidth=1.6 if strong else 0.7,
                label=label,
            )
        )
    figure.legend(handles=handles, loc="center", bbox_to_anchor=(0.5, y), ncols=len(handles),
                  frameon=False, fontsize=8, handletextpad=0.1, columnspacing=1.1)  # fmt: skip
