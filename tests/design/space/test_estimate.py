import pytest

from sacml.design import Space, rank
from sacml.design.space.estimate import EXHAUSTIVE_LIMIT
from sacml.errors import DesignError

LIGANDS = ["OH", "O", "H", "F", "Cl", "Br", "N", "NH3", "CN", "CO", "S", "H2O", "O2", "I"]
DOPANTS = [f"{e}{n}" for e in "NOSPB" for n in range(1, 9)]


def test_estimate_is_in_words_and_needs_no_enumeration():
    space = Space.default(axial_ligands=LIGANDS, second_shell=DOPANTS, constraints={"reach": "any"})
    found = space.estimate()
    assert found.candidates == space.size() > 10**7
    assert found.factors["axial ligands"] == len(LIGANDS) + 1
    assert found.factors["second shells"] == len(DOPANTS) + 1
    text = str(found)
    assert f"{found.candidates:,} candidates of {found.declared:,} declared" in text
    assert "min on one core" in text
    assert "MiB" in text
    assert space.memory_estimate(1000) < space.memory_estimate() == found.memory_bytes


def test_a_space_too_large_is_refused_before_a_model_is_asked(surrogates, known):
    def never(table, level=0.9):
        raise AssertionError("asked")

    for surrogate in surrogates.values():
        surrogate.predict = never
    space = Space.default(constraints={"reach": "any"})
    with pytest.raises(DesignError, match="too large to be ranked exhaustively") as error:
        rank(space, surrogates, known=known, max_candidates=10_000)
    text = str(error.value)
    assert str(space.estimate()) in text
    assert "the limit is 10,000" in text
    assert "narrow one of them" in text
    assert "raise max_candidates" in text
    assert space.size() < EXHAUSTIVE_LIMIT


def test_the_limit_itself_is_taken(small_space, surrogates, known):
    n = small_space.size()
    assert rank(small_space, surrogates, known=known, max_candidates=n).n_ranked == n
    with pytest.raises(DesignError, match="too large"):
        rank(small_space, surrogates, known=known, max_candidates=n - 1)
