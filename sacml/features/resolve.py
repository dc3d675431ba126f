"""Unknown shells as a mixture over the shells that the host admits."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sacml.domain.hosts import Host
from sacml.domain.shells import Shell
from sacml.errors import NotationError
from sacml.features.factor import Unique, combine
from sacml.features.table import CandidateTable


def unknown_shells(table: CandidateTable) -> NDArray[np.bool_]:
    """Rows whose shell is unknown or partly known, (n,) bool."""
    unknown = np.array([s is not None and not s.is_known for s in table.shells], dtype=bool)
    return unknown[table.shell_index] if len(unknown) else np.zeros(len(table), dtype=bool)


def resolve_shells(
    table: CandidateTable,
) -> tuple[CandidateTable, NDArray[np.intp], NDArray[np.float64]]:
    """Resolve unknown shells; see `CandidateTable.resolve_shells`.

    Raises
    ------
    NotationError
        Naming every different site that has no possible shell.
    """
    n = len(table)
    mixed = np.flatnonzero(unknown_shells(table))
    if not len(mixed):
        return table, np.arange(n), np.ones(n)
    open_rows = table.take(mixed)
    (centre, *_), position = combine(
        [open_rows.centre_index, open_rows.shell_index, open_rows.host_index],
        [len(table.centres), len(table.shells), len(table.hosts)],
    )
    # one look at the rules per different site; the host is looked up again because a site drops
    # what its new shell makes a default
    first = np.full(len(centre), -1, dtype=np.intp)
    first[position[::-1]] = np.arange(len(open_rows))[::-1]
    shells: Unique[Shell | None] = Unique()
    hosts: Unique[Host] = Unique()
    shells.extend(table.shells)
    hosts.extend(table.hosts)
    numbers: list[int] = []
    new_shell: list[int] = []
    new_host: list[int] = []
    hopeless = []
    for row in first:
        site = open_rows.site(int(row))
        resolved = site.resolved()
        if not resolved:
            hopeless.append(str(site))
        numbers.append(len(resolved))
        new_shell.extend(shells.add(s.shell) for s in resolved)
        new_host.extend(hosts.add(s.host) for s in resolved)
    if hopeless:
        raise NotationError(
            f"no shell is known for {', '.join(hopeless)}: the host lists none for this number of "
            "centres; write the shell, e.g. Co-N4@graphene"
        )
    counts = np.ones(n, dtype=np.intp)
    counts[mixed] = np.array(numbers)[position]
    parent = np.repeat(np.arange(n), counts)
    within = np.arange(len(parent)) - np.repeat(np.cumsum(counts) - counts, counts)
    wide = table.take(parent)
    shell_index, host_index = wide.shell_index.copy(), wide.host_index.copy()
    group = np.full(n, -1, dtype=np.intp)
    group[mixed] = position
    changed = np.flatnonzero(group[parent] >= 0)
    offsets = np.cumsum(numbers) - np.array(numbers)
    choice = offsets[group[parent[changed]]] + within[changed]
    shell_index[changed] = np.array(new_shell, dtype=np.int32)[choice]
    host_index[changed] = np.array(new_host, dtype=np.int32)[choice]
    out = replace(
        wide, shells=shells.values, shell_index=shell_index, hosts=hosts.values,
        host_index=host_index,
    )  # fmt: skip
    return out, parent, 1.0 / counts[parent]
