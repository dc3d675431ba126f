"""What the machine did during a study, by MLflow's own monitor; also its sign of life."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sacml.tracking.backend import quiet

INTERVAL_S = 10.0


@contextmanager
def system_metrics(uri: str, run_id: str, interval_s: float = INTERVAL_S) -> Iterator[None]:
    """Log processor, memory, disk and network of this machine to a run while a block runs."""
    with quiet():
        from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

        # its thread logs outside of `quiet`: a lost store is told once, by the writer
        logging.getLogger("mlflow.system_metrics").setLevel(logging.ERROR)
        monitor = SystemMetricsMonitor(run_id, sampling_interval=interval_s, tracking_uri=uri)
        monitor.start()
    try:
        yield
    finally:
        with quiet():
            monitor.finish()
