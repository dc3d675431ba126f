"""Descriptors that a host's defaults complete: type of N and vacancy.

``Co-N4@graphene`` means pyridinic N in a double vacancy because the host says so, while the same
shell in ``hard_carbon`` states neither. So these columns need shell and host together.
"""

from sacml.domain.elements import METALS
from sacml.domain.hosts import Host
from sacml.domain.shells import NITROGEN_TYPES, Shell
from sacml.features.feature import Block, Feature, one_hots

VACANCY_KINDS = ("single", "double", "metal", "nonmetal")
_FROM = "notation: qualifier and host vocabulary"

FEATURES = (
    Feature("shell_nitrogen_applicable", "1", "shell", "mask",
            "1 where the first shell holds N", "notation: shell"),
    Feature("shell_nitrogen_known", "1", "shell", "mask",
            "1 where the type of N is stated, or the host has a default", _FROM),
    *one_hots("shell_nitrogen", NITROGEN_TYPES, "shell", "the type of N in the first shell", _FROM),
    Feature("host_vacancy_applicable", "1", "host", "mask",
            "1 where the host's vocabulary names anchoring vacancies and there is a site",
            "host vocabulary"),
    Feature("host_vacancy_known", "1", "host", "mask",
            "1 where the anchoring vacancy is stated, or follows from the size of the shell",
            _FROM),
    *one_hots("host_vacancy", VACANCY_KINDS, "host",
              "the anchoring vacancy (single, double: of a carbon sheet; metal, nonmetal: the "
              "missing element of a compound)", _FROM),
)  # fmt: skip


def vacancy(shell: Shell | None, host: Host, dual: bool) -> str | None:
    """Name the anchoring vacancy, stated or by the host's default; None where not known."""
    part = host.parts[0]
    if part.vacancy is not None or shell is None or dual:
        return part.vacancy
    return part.type.vacancy_by_size.get(shell.size or 0)


def _row(component: tuple[Shell | None, Host, bool]) -> dict[str, float]:
    shell, host, dual = component
    row: dict[str, float] = {}
    if shell is not None and "N" in dict(shell.counts):
        row["shell_nitrogen_applicable"] = 1.0
        nitrogen = shell.nitrogen or host.type.nitrogen
        if nitrogen is not None:
            row |= {"shell_nitrogen_known": 1.0, f"shell_nitrogen_{nitrogen}": 1.0}
    found = vacancy(shell, host, dual)
    if host.type.vacancies and (shell is not None or found is not None):
        row["host_vacancy_applicable"] = 1.0
    if found is not None:
        kind = found if found in VACANCY_KINDS else "metal" if found in METALS else "nonmetal"
        row |= {"host_vacancy_known": 1.0, f"host_vacancy_{kind}": 1.0}
    return row


BLOCK = Block(FEATURES, _row)
"""Component: ``(shell, host, whether there are two centres)``."""
