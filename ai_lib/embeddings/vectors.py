"""Arithmetic of vectors in plain Python; numpy does large work where it is installed."""

import math
from collections.abc import Callable, Sequence
from operator import mul
from typing import Any, Final, Literal

Vector = Sequence[float]
Metric = Literal["cosine", "dot", "euclidean"]

# With fewer numbers, handing them to numpy takes longer than the work itself.
_MIN_FOR_NUMPY: Final = 50_000
# Of shorter vectors the squares lose digits, of longer ones the products are infinite.
_SHORTEST: Final = 1e-70


def dot_product(a: Vector, b: Vector) -> float:
    """Return the dot product of two vectors.

    Raises:
        ValueError: they have different lengths, or one has NaN or an infinite number.
    """
    _same_length(a, b)
    return _require_result(float(sum(map(mul, a, b))), a, b)


def euclidean_distance(a: Vector, b: Vector) -> float:
    """Return the distance of two points.

    Raises:
        ValueError: they have different lengths, or one has NaN or an infinite number.
    """
    _same_length(a, b)
    distance = math.sqrt(sum((x - y) * (x - y) for x, y in zip(a, b, strict=True)))
    return _require_result(distance, a, b)


def cosine_similarity(a: Vector, b: Vector) -> float:
    """Return the cosine of the angle between two vectors, from -1 (opposite) to 1 (parallel).

    Raises:
        ValueError: they have different lengths, or one is all zeros and has no direction.
    """
    _same_length(a, b)
    first, first_length = _measure(a, "the first")
    second, second_length = _measure(b, "the second")
    return _clamp(dot_product(first, second) / (first_length * second_length))


def normalize_vector(vector: Vector) -> list[float]:
    """Return the vector of length 1 in the same direction.

    Raises:
        ValueError: the vector is all zeros.
    """
    scaled, length = _measure(vector, "the")
    return [float(x) / length for x in scaled]


def find_most_similar(
    query: Vector, candidates: Sequence[Vector], top_k: int = 5, metric: Metric = "cosine"
) -> list[tuple[int, float]]:
    """Return the positions and scores of the `top_k` candidates nearest to `query`, nearest first.

    A score of `cosine` or `dot` is higher for a nearer candidate; one of `euclidean` is the
    distance. Candidates with equal scores keep their order. numpy arrays are accepted.

    Raises:
        ValueError: the metric is unknown, a candidate has another length than the query, a vector
            is all zeros (`cosine`) or has NaN or an infinite number, or `top_k` is negative.
    """
    if metric not in _SCORES:
        raise ValueError(f"metric must be one of {', '.join(_SCORES)}, not {metric!r}")
    if top_k < 0:
        raise ValueError(f"top_k must be 0 or more, not {top_k}")
    if len(candidates) == 0:
        return []
    for index, candidate in enumerate(candidates):
        if len(candidate) != len(query):
            raise ValueError(
                f"candidate {index} has {len(candidate)} numbers, the query {len(query)}"
            )
    numpy = _import_numpy(len(query) * len(candidates))
    if numpy is not None:
        with numpy.errstate(over="ignore", invalid="ignore"):
            scores = _scores_by_numpy(numpy, query, candidates, metric)
    else:
        scores = _SCORES[metric](query, candidates)
    sign = 1 if metric == "euclidean" else -1
    ranked = sorted(range(len(scores)), key=lambda index: sign * scores[index])
    return [(index, scores[index]) for index in ranked[:top_k]]


def _cosines(query: Vector, candidates: Sequence[Vector]) -> list[float]:
    query, query_length = _measure(query, "the query")
    cosines: list[float] = []
    for index, candidate in enumerate(candidates):
        vector, length = _measure(candidate, f"candidate {index}")
        cosines.append(_clamp(dot_product(query, vector) / (query_length * length)))
    return cosines


def _dots(query: Vector, candidates: Sequence[Vector]) -> list[float]:
    return [dot_product(query, vector) for vector in candidates]


def _distances(query: Vector, candidates: Sequence[Vector]) -> list[float]:
    return [euclidean_distance(query, vector) for vector in candidates]


_SCORES: Final[dict[str, Callable[[Vector, Sequence[Vector]], list[float]]]] = {
    "cosine": _cosines,
    "dot": _dots,
    "euclidean": _distances,
}


def _import_numpy(count: int) -> Any:
    """Return numpy when it is installed and `count` numbers are enough for it, else None."""
    if count < _MIN_FOR_NUMPY:
        return None
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def _scores_by_numpy(
    numpy: Any, query: Vector, candidates: Sequence[Vector], metric: str
) -> list[float]:
    vector = numpy.asarray(query, dtype=float)
    matrix = numpy.asarray(candidates, dtype=float)
    require_finite_numbers(query, "the query")
    for index in numpy.flatnonzero(~numpy.isfinite(matrix).all(axis=1))[:1].tolist():
        require_finite_numbers(candidates[index], f"candidate {index}")
    if metric == "euclidean":
        scores = numpy.sqrt(((matrix - vector) ** 2).sum(axis=1))
    else:
        scores = (matrix * vector).sum(axis=1)
    if metric != "cosine" and not numpy.isfinite(scores).all():
        return _SCORES[metric](query, candidates)  # which says what is too large
    if metric == "cosine":
        lengths = numpy.sqrt((matrix**2).sum(axis=1))
        query_length = float(numpy.sqrt((vector**2).sum()))
        if not all(map(_is_exact_length, (query_length, lengths.min(), lengths.max()))):
            return _cosines(query, candidates)  # zeros, and numbers whose squares no float holds
        scores = numpy.clip(scores / (query_length * lengths), -1.0, 1.0)
    return list(scores.tolist())


def _require_result(result: float, a: Vector, b: Vector) -> float:
    """Return a result; what is no number comes of vectors that have such numbers, or too large.

    Raises:
        ValueError: it is no number.
    """
    if not math.isfinite(result):
        require_finite_numbers(a, "the first")
        require_finite_numbers(b, "the second")
        raise ValueError("the numbers of the vectors are too large to be compared")
    return result


def _same_length(a: Vector, b: Vector) -> None:
    if len(a) != len(b):
        raise ValueError(f"the vectors have different lengths, {len(a)} and {len(b)}")


def require_finite_numbers(vector: Vector, name: str) -> None:
    """Refuse a vector with NaN or an infinite number, which no comparison can rank.

    Raises:
        ValueError: it has one; the message says where.
    """
    if math.isfinite(sum(vector)):
        return
    for index, number in enumerate(vector):
        if not math.isfinite(number):
            raise ValueError(f"{name} vector has {number} at {index}, which is no number")


def _measure(vector: Vector, name: str) -> tuple[Vector, float]:
    """Return a vector and its length; one whose squares no float holds is made of middle size.

    Raises:
        ValueError: it is all zeros, or has what is no number.
    """
    length = math.sqrt(sum(map(mul, vector, vector)))
    if _is_exact_length(length):
        return vector, float(length)
    require_finite_numbers(vector, name)
    largest = max(map(abs, vector), default=0)
    if largest == 0:
        raise ValueError(f"{name} vector is all zeros, which has no direction")
    scaled = [number / largest for number in vector]
    return scaled, math.sqrt(sum(map(mul, scaled, scaled)))


def _is_exact_length(length: float) -> bool:
    """Whether a length, and its product with another one, is a float with all its digits."""
    return _SHORTEST < length < 1 / _SHORTEST


def _clamp(cosine: float) -> float:
    """Return the cosine within its bounds, which rounding may exceed."""
    return max(-1.0, min(1.0, cosine))
