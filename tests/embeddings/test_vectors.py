"""Arithmetic of vectors: by hand, and alike with and without numpy."""

import math
import random
import sys

import pytest

from ai_lib.embeddings import (
    cosine_similarity,
    dot_product,
    euclidean_distance,
    find_most_similar,
    normalize_vector,
)


def test_by_hand() -> None:
    assert dot_product([1, 2, 3], [4, -5, 6]) == 12
    assert euclidean_distance([1, 2], [4, 6]) == 5
    assert normalize_vector([3, 4]) == [0.6, 0.8]
    assert cosine_similarity([1, 0], [1, 1]) == pytest.approx(math.sqrt(0.5))
    assert cosine_similarity([1, 2], [2, 4]) == pytest.approx(1)
    assert cosine_similarity([1, 2], [-1, -2]) == pytest.approx(-1)


def test_a_cosine_is_never_beyond_its_bounds() -> None:
    numbers = random.Random(7)
    for _ in range(200):
        vector = [numbers.random() for _ in range(9)]
        assert cosine_similarity(vector, vector) <= 1


def test_a_cosine_of_many_is_never_beyond_its_bounds() -> None:
    """Rounding puts the quotient of some of these a little above 1, or below -1."""
    pytest.importorskip("numpy")
    numbers = random.Random(7)
    many = [[numbers.random() for _ in range(9)] for _ in range(6000)]
    for vector in many[:40]:
        opposite = [-number for number in vector]
        (_, best), *_, (_, worst) = find_most_similar(vector, [vector, opposite, *many], 6002)
        assert best <= 1
        assert worst >= -1


def test_what_makes_no_sense_is_refused() -> None:
    for function in (dot_product, euclidean_distance, cosine_similarity):
        with pytest.raises(ValueError, match="different lengths, 2 and 1"):
            function([1, 2], [1])
    with pytest.raises(ValueError, match="second vector is all zeros"):
        cosine_similarity([1, 2], [0, 0])
    with pytest.raises(ValueError, match="all zeros"):
        normalize_vector([0.0, 0.0])


CANDIDATES = [[0, 1], [2, 0], [1, 1], [2, 0]]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("cosine", [(1, 1.0), (3, 1.0), (2, math.sqrt(0.5))]),
        ("dot", [(1, 2.0), (3, 2.0), (2, 1.0)]),
        ("euclidean", [(1, 1.0), (2, 1.0), (3, 1.0)]),
    ],
)
def test_the_nearest_come_first_and_equal_ones_in_order(
    metric: str, expected: list[tuple[int, float]]
) -> None:
    found = find_most_similar([1, 0], CANDIDATES, 3, metric)  # type: ignore[arg-type]
    assert [index for index, _ in found] == [index for index, _ in expected]
    assert [score for _, score in found] == pytest.approx([score for _, score in expected])


def test_a_search_that_makes_no_sense_is_refused() -> None:
    assert find_most_similar([1, 0], []) == []
    assert find_most_similar([1, 0], CANDIDATES, 0) == []
    with pytest.raises(ValueError, match="candidate 1 has 3 numbers, the query 2"):
        find_most_similar([1, 0], [[1, 0], [1, 0, 0]])
    with pytest.raises(ValueError, match="candidate 1 vector is all zeros"):
        find_most_similar([1, 0], [[1, 0], [0, 0]])
    with pytest.raises(ValueError, match="query vector is all zeros"):
        find_most_similar([0, 0], [[1, 0]])
    with pytest.raises(ValueError, match="metric"):
        find_most_similar([1, 0], CANDIDATES, metric="taxi")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="top_k"):
        find_most_similar([1, 0], CANDIDATES, -1)


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_numpy_gives_the_same(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    numpy = pytest.importorskip("numpy")
    numbers = random.Random(3)
    query = [numbers.uniform(-1, 1) for _ in range(301)]
    many = [[numbers.uniform(-1, 1) for _ in range(301)] for _ in range(200)]
    many[150] = many[3]  # equal ones keep their order
    with_numpy = find_most_similar(query, many, 200, metric)  # type: ignore[arg-type]
    arrays = find_most_similar(numpy.array(query), numpy.array(many), 200, metric)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "numpy", None)  # as if it were not installed
    plain = find_most_similar(query, many, 200, metric)  # type: ignore[arg-type]

    assert [index for index, _ in with_numpy] == [index for index, _ in plain]
    assert [score for _, score in with_numpy] == pytest.approx([s for _, s in plain], abs=1e-12)
    assert arrays == with_numpy


def test_zeros_are_found_among_many() -> None:
    many = [[1.0] * 300 for _ in range(200)]
    many[7] = [0.0] * 300
    with pytest.raises(ValueError, match="candidate 7 vector is all zeros"):
        find_most_similar([1.0] * 300, many)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none_are_refused_and_named(number: float) -> None:
    vector, other = [1.0, number], [1.0, 1.0]
    for compare in (cosine_similarity, dot_product, euclidean_distance):
        with pytest.raises(ValueError, match=r"the second vector has -?(nan|inf) at 1"):
            compare(other, vector)
    with pytest.raises(ValueError, match="the vector has"):
        normalize_vector(vector)
    for metric in ("cosine", "dot", "euclidean"):
        for count in (3, 60_000):  # the latter by numpy
            with pytest.raises(ValueError, match="which is no number"):
                find_most_similar(other, [other] * count + [vector], metric=metric)
            with pytest.raises(ValueError, match="which is no number"):
                find_most_similar(vector, [other] * count, metric=metric)
        pytest.importorskip("numpy")
        with pytest.raises(ValueError, match="the query vector has"):
            find_most_similar(vector, [other] * 60_000, metric=metric)


def test_what_no_float_can_square_is_compared_all_the_same() -> None:
    """The size of vectors does not matter for their angle, and what is too large is no score."""
    for size in (1e-200, 5e-324, 1e200, 1.7e308):
        assert cosine_similarity([size, 0.0], [-size, 0.0]) == -1
        assert cosine_similarity([size, size], [1.0, 1.0]) == pytest.approx(1)
        assert normalize_vector([0.0, size]) == [0.0, 1.0]
        for count in (2, 60_000):  # the latter by numpy
            many = [[0.0, size], *[[-size, size]] * count, [size, 0.0]]
            ((index, score),) = find_most_similar([size, 0.0], many, 1)
            assert index == count + 1
            assert score == pytest.approx(1)
    for metric in ("dot", "euclidean"):
        for count in (2, 60_000):
            with pytest.raises(ValueError, match="too large to be compared"):
                find_most_similar([1e200, 0.0], [[-1e200, 0.0]] * count, metric=metric)
