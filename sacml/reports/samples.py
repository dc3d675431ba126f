"""The report of a study of a user's own structures: one table, one figure, one page."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sacml.models.samples import IN_STACK
from sacml.reports import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_TITLES = {
    "constant": "constant",
    "adsorbate_mean": "mean per adsorbate",
    "adsorbate_shell_mean": "mean per adsorbate and shell",
    "adsorbate_metal_mean": "mean per adsorbate and metal",
    "trees": "extra trees",
    "gp": "Gaussian process",
    "stack": f"stack ({', '.join(f'{name} {weight:g}' for name, weight in IN_STACK.items())})",
    "gnn": "graph network",
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ s.target }} from structures</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2429; max-width: 62rem; margin: 2rem auto;
       padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { padding: .25rem .8rem; border-bottom: 1px solid #e3e6ea; text-align: right }
th:first-child, td:first-child { text-align: left }
.model td { background: #f3f4f6; font-weight: 600 } .best { color: #D55E00 }
img { max-width: 100% } .note { color: #626a73 }
</style></head><body>
<h1>{{ s.target }} ({{ s.unit }}) from {{ s.n }} structures</h1>
<p>{{ s.source }}; sha256 {{ s.digest[:12] }}. Input: {{ s.input }}.</p>
<p>The stored model is <b>{{ titles[s.model] }}</b>; held out by <b>{{ s.decided_by }}</b> its mean
absolute error is <b>{{ "%.3g"|format(s.test_mae) }} {{ s.unit }}</b>.</p>
<h2>Mean absolute error in {{ s.unit }}, 95 % interval by resampling whole groups</h2>
<table><tr><th></th>{% for name in s.splits %}<th>{{ name.replace("_", " ") }}<br>
<span class="note">{{ s.folds[name] }} fold{{ "s" if s.folds[name] != 1 }}</span></th>
{% endfor %}</tr>
{% for model in models %}<tr{% if model == s.model %} class="model"{% endif %}>
<td>{{ titles[model] }}</td>
{% for name, scores in s.splits.items() %}<td{% if best[name] == model %} class="best"{% endif %}>
{{ "%.3f"|format(scores[model].mae) }}
<span class="note">{{ "%.3f"|format(scores[model].mae_low) }}&ndash;{{
"%.3f"|format(scores[model].mae_high) }}</span></td>
{% endfor %}</tr>{% endfor %}</table>
{% for name, why in skipped.items() %}<p class="note">{{ name }} cannot be made: {{ why }}.</p>
{% endfor %}
<img alt="held-out predictions against observed values" src="data:image/png;base64,{{ picture }}">
{% if s.notices %}<h2>To know</h2><ul>{% for n in s.notices %}<li>{{ n }}</li>{% endfor %}</ul>
{% endif %}
{% if s.left_out %}<h2>Left out</h2><ul>{% for p in s.left_out %}<li>{{ p.frame }}: {{ p.reason }}
</li>{% endfor %}</ul>{% endif %}
</body></html>
"""


def write_sample_report(
    folder: Path,
    summary: Mapping[str, Any],
    predictions: "Mapping[str, pd.DataFrame]",
    skipped: Mapping[str, str],
) -> Path:
    """Write ``report.html``, ``parity.png`` and ``scores.csv``; the page loads nothing."""
    import pandas as pd
    from jinja2 import Environment

    rows = [
        {"split": split, "model": model, **values}
        for split, models in summary["splits"].items()
        for model, values in models.items()
    ]
    pd.DataFrame(rows).to_csv(folder / "scores.csv", index=False, float_format="%.6g")
    with style.styled():
        picture = style.save(parity(summary, predictions), folder / "parity.png")
    best = {
        split: min(models, key=lambda m: models[m]["mae"])
        for split, models in summary["splits"].items()
    }
    text = Environment(autoescape=True).from_string(_PAGE).render(
        s=summary,
        titles=_TITLES,
        models=[m for m in _TITLES if m in next(iter(summary["splits"].values()))],
        best=best,
        skipped=skipped,
        picture=base64.b64encode(picture.read_bytes()).decode(),
    )  # fmt: skip
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


def parity(summary: Mapping[str, Any], predictions: "Mapping[str, pd.DataFrame]") -> "Figure":
    """Draw held-out predictions of the stored model against the observed values, per split."""
    figure = style.new_figure(3.1 * len(predictions) + 0.4, 3.4)
    model, what = summary["model"], f"{summary['target']} ({summary['unit']})"
    for k, (name, frame) in enumerate(predictions.items()):
        axes = figure.add_subplot(1, len(predictions), k + 1)
        x, y = frame["observed"].to_numpy(), frame[model].to_numpy()
        ends = [float(np.min([x.min(), y.min()])), float(np.max([x.max(), y.max()]))]
        axes.plot(ends, ends, color=style.MUTED, linewidth=0.8)
        axes.scatter(x, y, s=9, color=style.MODEL, alpha=0.6, linewidths=0)
        mae = summary["splits"][name][model]["mae"]
        axes.set_title(f"{name.replace('_', ' ')}\nMAE {mae:.3g} {summary['unit']}")
        axes.set_xlabel(f"observed {what}")
        if not k:
            axes.set_ylabel(f"predicted {what}")
        axes.set_aspect("equal")
    return figure
