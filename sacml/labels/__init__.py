"""Labels from physics: engines and the binding-energy protocol.

::

    settings = preset("pbe-pw340")
    tasks = binding_tasks("Co-N4@graphene", "Li", settings)
    engine, results = make_engine(settings), {}
    for task in tasks:                        # each stands after those it needs
        results[task.key] = run_task(engine, task, settings, results, folder / task.file_name)
    label = binding_label("Co-N4@graphene", "Li", results)
"""

from sacml.labels.binding import BindingLabel, binding_label, binding_labels
from sacml.labels.engines import Engine, Limits, make_engine, run_task
from sacml.labels.loading import loading_tasks
from sacml.labels.presets import PRESETS, preset
from sacml.labels.protocol import (
    adsorption_key,
    atom_key,
    binding_tasks,
    bulk_key,
    metal_tasks,
    reference_tasks,
    single_point_task,
    site_key,
    site_task,
    stability_tasks,
)
from sacml.labels.settings import ProtocolSettings, ScfTry, SettingsError
from sacml.labels.starts import choose_places, prepare
from sacml.labels.task import FAILURES, RETRIED, Inputs, LabelError, Task, TaskResult, key_of

__all__ = [
    "FAILURES",
    "PRESETS",
    "RETRIED",
    "BindingLabel",
    "Engine",
    "Inputs",
    "LabelError",
    "Limits",
    "ProtocolSettings",
    "ScfTry",
    "SettingsError",
    "Task",
    "TaskResult",
    "adsorption_key",
    "atom_key",
    "binding_label",
    "binding_labels",
    "binding_tasks",
    "bulk_key",
    "choose_places",
    "key_of",
    "loading_tasks",
    "make_engine",
    "metal_tasks",
    "prepare",
    "preset",
    "reference_tasks",
    "run_task",
    "single_point_task",
    "site_key",
    "site_task",
    "stability_tasks",
]
