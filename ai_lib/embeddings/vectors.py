"""Arithmetic of vectors, in plain Python; large work is done by numpy where that is installed."""

import math
from collections.abc import Callable, Sequence
from operator import mul
from typing import Any, Final, Literal

Vector = Sequence[float]
Metric = Literal["cosine", "dot", "euclidean"]

# Below so many numbers it takes longer to hand them to numpy than to go over them.
_WORTH_IT: Final = 50_000


def dot_product(a: Vector, b: Vector) -> float:
    """Return the sum of the products of the numbers of two vectors.

    Raises ValueError when they have different lengths.
    """
    _same_length(a, b)
    return float(sum(map(mul, a, b)))


def euclidean_distance(a: Vector, b: Vector) -> float:
    """Return the distance of two points. Raises ValueError when they have different lengths."""
    _same_length(a, b)
    return math.sqrt(sum((x - y) * (x - y) for x, y in zip(a, b, strict=True)))


def cosine_similarity(a: Vector, b: Vector) -> float:
    """Return the cosine of the angle between two vectors: 1 the same direction, -1 the opposite.

    Raises ValueError when they have different lengths, or one has no direction as it is all zeros.
    """
    _same_length(a, b)
    return _bounded(dot_product(a, b) / (_length(a, "the first") * _length(b, "the second")))


def normalize_vector(vector: Vector) -> list[float]:
    """Return the vector of length 1 in the same direction.

    Raises ValueError for a vector of zeros.
    """
    length = _length(vector, "the")
    return [float(x) / length for x in vector]


def find_most_similar(
    query: Vector, candidates: Sequence[Vector], top_k: int = 5, metric: Metric = "cosine"
) -> list[tuple[int, float]]:
    """Return the positions and scores of the `top_k` candidates nearest to `query`, nearest first.

    `cosine` and `dot` are higher for nearer ones, `euclidean` is the distance. Equal ones keep
    their order. Arrays of numpy are taken as they are.

    Raises ValueError for an unknown metric, another length, a vector of zeros (`cosine`), or a
    negative `top_k`.
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
    numpy = _numpy(len(query) * len(candidates))
    if numpy is not None:
        scores = _scores_by_numpy(numpy, query, candidates, metric)
    else:
        scores = _SCORES[metric](query, candidates)
    sign = 1 if metric == "euclidean" else -1
    ranked = sorted(range(len(scores)), key=lambda index: sign * scores[index])
    return [(index, scores[index]) for index in ranked[:top_k]]


def _cosines(query: Vector, candidates: Sequence[Vector]) -> list[float]:
    own = _length(query, "the query")
    return [
        _bounded(dot_product(query, one) / (own * _length(one, f"candidate {index}")))
        for index, one in enumerate(candidates)
    ]


def _dots(query: Vector, candidates: Sequence[Vector]) -> list[float]:
    return [dot_product(query, one) for one in candidates]


def _distances(query: Vector, candidates: Sequence[Vector]) -> list[float]:
    return [euclidean_distance(query, one) for one in candidates]


_SCORES: Final[dict[str, Callable[[Vector, Sequence[Vector]], list[float]]]] = {
    "cosine": _cosines,
    "dot": _dots,
    "euclidean": _distances,
}


def _numpy(count: int) -> Any:
    """Return numpy where it is installed and worth its while, else None."""
    if count < _WORTH_IT:
        return None
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def _scores_by_numpy(
    numpy: Any, query: Vector, candidates: Sequence[Vector], metric: str
) -> list[float]:
    one = numpy.asarray(query, dtype=float)
    many = numpy.asarray(candidates, dtype=float)
    if metric == "euclidean":
        scores = numpy.sqrt(((many - one) ** 2).sum(axis=1))
        return list(scores.tolist())
    scores = (many * one).sum(axis=1)
    if metric == "cosine":
        own = _length(query, "the query")
        lengths = numpy.sqrt((many**2).sum(axis=1))
        for index in numpy.flatnonzero(lengths == 0)[:1].tolist():
            _length(candidates[index], f"candidate {index}")
        scores = numpy.clip(scores / (own * lengths), -1.0, 1.0)
    return list(scores.tolist())


def _same_length(a: Vector, b: Vector) -> None:
    if len(a) != len(b):
        raise ValueError(f"the vectors have different lengths, {len(a)} and {len(b)}")


def _length(vector: Vector, which: str) -> float:
    length = math.sqrt(sum(map(mul, vector, vector)))
    if length == 0:
        raise ValueError(f"{which} vector is all zeros, which has no direction")
    return float(length)


def _bounded(cosine: float) -> float:
    """Take away what rounding put beyond the bounds."""
    return max(-1.0, min(1.0, cosine))
