"""Results of a campaign, grouped as a label asks for them."""

from collections.abc import Iterable, Mapping

from sacml.labels import signs
from sacml.labels.protocol import site_key
from sacml.labels.signs import Energy
from sacml.labels.task import LabelError, TaskResult


class Results:
    """Results by key, and grouped once: starts by (site, alkali), bare sites by site."""

    def __init__(self, results: Mapping[str, TaskResult] | Iterable[TaskResult]) -> None:
        listed = results.values() if isinstance(results, Mapping) else results
        self.by_key = {r.key: r for r in listed}
        self.pairs: dict[tuple[str, str], list[TaskResult]] = {}
        self.sites: dict[str, list[TaskResult]] = {}
        for key, result in self.by_key.items():
            parts = key.split("/", 3)
            if result.kind == "adsorption" and parts[0] == "ads" and len(parts) == 4:
                self.pairs.setdefault((parts[1], parts[2]), []).append(result)
            elif result.kind == "site" and parts[0] == "site":
                self.sites.setdefault(parts[1], []).append(result)

    def energy(self, key: str) -> Energy | None:
        """Energy of a finished task."""
        found = self.by_key.get(key)
        return Energy.of(found) if found is not None and found.ok else None

    def bare(self, site: str) -> TaskResult:
        """Bare site of lowest energy over its start moments."""
        there = self.sites.get(site, [])
        done = [r for r in there if r.ok]
        if not done:
            why = f"failed: {there[0].reason}" if there else "has no result"
            raise LabelError(f"{site_key(site)} {why}")
        signs.same_level(*map(Energy.of, done))
        return min(done, key=lambda r: r.energy_eV or 0.0)
