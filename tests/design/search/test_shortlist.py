import numpy as np
import pytest

from sacml.design import KnownSystems, Space
from sacml.design.search.shortlist import Pool, Ties, choose


@pytest.mark.parametrize("levels", [3, 10, 10_000])
@pytest.mark.parametrize("rows", [37, 500, 10**6])
@pytest.mark.parametrize(("keep", "per_metal"), [(1, 1), (8, 1), (8, 2), (30, 5), (500, 50)])
def test_streamed_choice_is_that_of_the_whole_space(levels, rows, keep, per_metal, known):
    space = Space.default(
        metals=["Fe", "Co", "Zn", "Mg"], hosts=["c2n", "g_c3n4", "ti3c2"],
        axial_ligands=["OH", "Cl"], constraints={"reach": "any"},
    )  # fmt: skip
    parts, n = space.parts, space.size()
    # few levels make many ties
    score = np.random.default_rng(levels).integers(0, levels, n) / levels
    table = space.rows(np.arange(n))
    columns = (table.centre_index, table.shell_index, table.host_index)
    ties = Ties(parts, known)
    key, priority = ties.keys(*columns, table.surrounding_index), ties.priority(*columns)
    assert len(np.unique(key)) == n

    order = np.lexsort((key, priority, -score))
    brute = order[list(choose(parts, *(c[order] for c in columns), keep=keep,
                              per_metal=per_metal).chosen)]  # fmt: skip

    pool = Pool(keep, len(parts.surroundings), len(parts.shells) * len(parts.hosts))
    for start in range(0, n, rows):
        part = slice(start, start + rows)
        pool.add(score[part], priority[part], key[part], np.arange(n)[part])
    picked = choose(parts, *(c[pool.position] for c in columns), keep=keep, per_metal=per_metal)
    assert pool.position[list(picked.chosen)].tolist() == brute.tolist()


def test_ties_go_by_text():
    space = Space.default(
        metals=["Zn", "Co"], hosts=["graphene"], centres=["single"],
        single_shells={"graphene": ["N4", "C4", "N3"]}, constraints={"reach": "any"},
    )  # fmt: skip
    table = space.rows(np.arange(space.size()))
    key = Ties(space.parts, KnownSystems(())).keys(
        table.centre_index, table.shell_index, table.host_index, table.surrounding_index
    )
    assert [str(table.site(i)) for i in np.argsort(key)] == [
        "Co-C4@graphene", "Co-N3@graphene", "Co-N4@graphene",
        "Zn-C4@graphene", "Zn-N3@graphene", "Zn-N4@graphene",
    ]  # fmt: skip


def test_near_duplicates_and_shares():
    space = Space.default(
        metals=["Zn"], hosts=["graphene", "cnt", "c2n"], centres=["single"],
        single_shells={"graphene": ["N4", "N3C", "C4", "O4"], "cnt": ["N4"], "c2n": ["N4"]},
        constraints={"reach": "any"},
    )  # fmt: skip
    table = space.rows(np.arange(space.size()))
    columns = (table.centre_index, table.shell_index, table.host_index)
    choice = choose(space.parts, *columns, keep=9, per_metal=3)
    names = [str(table.site(i)) for i in choice.chosen]
    assert names == ["Zn-N4@graphene", "Zn-C4@graphene", "Zn-O4@graphene"]
    assert choice.passed_over == {
        # N3C and N4 in another carbon
        "near-duplicate of a better one": 2,
        "more than 3 with the same centres": 1,
    }


def test_ties_go_first_to_what_is_close_to_evidence(known):
    space = Space.default(
        metals=["Zn", "Co"], hosts=["graphene", "c2n"], centres=["single"],
        single_shells={"graphene": ["C4", "N3C", "N2O2(cis5)", "N4"], "c2n": ["N4"]},
        constraints={"reach": "any"},
    )  # fmt: skip
    table = space.rows(np.arange(space.size()))
    columns = (table.centre_index, table.shell_index, table.host_index)
    ties = Ties(space.parts, known)
    order = np.lexsort((ties.keys(*columns, table.surrounding_index), ties.priority(*columns)))
    assert [str(table.site(i)) for i in order] == [
        "Co-N2O2(cis5)@graphene", "Co-N4@graphene", "Zn-N2O2(cis5)@graphene", "Zn-N4@graphene",
        "Co-N3C@graphene", "Co-N4@c2n", "Zn-N3C@graphene", "Zn-N4@c2n",
        "Co-C4@graphene", "Zn-C4@graphene",
    ]  # fmt: skip
