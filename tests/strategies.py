"""Hypothesis strategies for the words of the domain."""

from hypothesis import strategies as st

from sacml.domain import ALKALI, METALS, Candidate, Conditions, Host, Shell, Site, host_types
from sacml.domain.conditions import CELLS, ELECTROLYTES, ROLES
from sacml.domain.hosts import HostPart
from sacml.domain.shells import NITROGEN_TYPES
from sacml.domain.sites import AXIAL_LIGANDS


@st.composite
def host_parts(draw, holds_sites=False):
    names = [n for n, h in host_types().items() if h.holds_sites or not holds_sites]
    kind = host_types()[draw(st.sampled_from(names))]
    n = draw(st.integers(3, 30))
    return HostPart(
        kind.name,
        vacancy=draw(st.sampled_from([None, *kind.vacancies])),
        termination=draw(st.sampled_from([None, *kind.terminations])),
        chirality=draw(st.sampled_from([None, (n, 0), (n, n)])) if kind.chirality else None,
    )


@st.composite
def shells(draw, anchors, sizes):
    kind = draw(st.sampled_from(["known", "unknown", "elements"]))
    if kind == "unknown":
        return Shell()
    size = draw(st.sampled_from(sizes))
    letters = draw(st.lists(st.sampled_from(anchors), min_size=size, max_size=size))
    counts = {s: letters.count(s) for s in letters}
    nitrogen = draw(st.sampled_from([None, *NITROGEN_TYPES])) if "N" in counts else None
    if kind == "elements":
        return Shell(tuple((s, None) for s in counts), nitrogen=nitrogen)
    isomers = ["trans", "cis5", "cis6"] if size == 4 and 2 in counts.values() else []
    isomer = draw(st.sampled_from([None, *isomers])) if len(counts) > 1 else None
    return Shell(tuple(counts.items()), isomer=isomer, nitrogen=nitrogen)


@st.composite
def sites(draw):
    first = draw(host_parts(holds_sites=draw(st.booleans())))
    rest = draw(st.lists(host_parts(), max_size=1))
    host = Host((first, *rest))
    kind = host.type
    if not kind.holds_sites or draw(st.integers(0, 9)) == 0:
        return Site((), None, host)
    n = draw(st.integers(0, 2 if kind.dual else 1))
    metals = tuple(draw(st.lists(st.sampled_from(METALS), min_size=n, max_size=n)))
    shell = draw(shells(kind.anchors, kind.dual if n == 2 else kind.single))
    axial = tuple(draw(st.lists(st.sampled_from(AXIAL_LIGANDS), max_size=2))) if n else ()
    dopants = draw(st.dictionaries(st.sampled_from(kind.anchors), st.integers(1, 8), max_size=2))
    from sacml.domain.shells import parse_counts

    text = "".join(f"{s}{c}" for s, c in dopants.items())
    second = parse_counts(text, "second shell") if text else ()
    return Site(metals, shell, host, axial, second)


def numbers(low, high):
    return st.none() | st.floats(low, high, allow_nan=False)


conditions = st.builds(
    Conditions,
    current_density_mA_cm2=numbers(1e-3, 1000),
    areal_capacity_mAh_cm2=numbers(1e-3, 1000),
    temperature_C=numbers(-150, 200),
    electrolyte=st.none() | st.sampled_from(ELECTROLYTES),
    cell=st.none() | st.sampled_from(CELLS),
    role=st.none() | st.sampled_from(ROLES),
)
candidates = st.builds(Candidate, sites(), st.sampled_from(ALKALI), conditions)
