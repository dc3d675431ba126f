"""Reports: figures as PNG, and one self-contained HTML file per study.

matplotlib, plotly and jinja2 are imported when something is drawn, not by this package.
"""

from sacml.reports.write import write_report

__all__ = ["write_report"]
