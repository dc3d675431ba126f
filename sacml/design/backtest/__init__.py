"""How many labels a strategy needs where all labels are known."""

from sacml.design.backtest.run import Arm, KnownPool, Rules, Run
from sacml.design.backtest.series import backtest
from sacml.design.backtest.summary import Summary, summarise

__all__ = ["Arm", "KnownPool", "Rules", "Run", "Summary", "backtest", "summarise"]
