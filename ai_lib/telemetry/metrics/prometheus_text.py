"""Figures as Prometheus reads them: families of samples, and their text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

# https://prometheus.io/docs/instrumenting/exposition_formats/
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_LABEL: Final = str.maketrans({"\\": "\\\\", "\n": "\\n", '"': '\\"'})
_HELP: Final = str.maketrans({"\\": "\\\\", "\n": "\\n"})


class Buckets(msgspec.Struct, frozen=True, kw_only=True):
    """A histogram's sample: each bound with how many are at most that, the last bound infinite."""

    cumulative: Sequence[tuple[float, int]]
    sum: float

    @property
    def count(self) -> int:
        """How many there are."""
        return self.cumulative[-1][1]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One value and what it is about."""

    labels: Mapping[str, str]
    value: float | Buckets


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Samples of one name. A counter's name is without its `_total`."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: Sequence[Sample]


def exposed(families: Iterable[Family]) -> str:
    """Return the families in the text format, version 0.0.4."""
    return "".join(f"{line}\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    if not family.samples:
        return
    name = f"{family.name}_total" if family.kind == "counter" else family.name
    yield f"# HELP {name} {family.help.translate(_HELP)}"
    yield f"# TYPE {name} {family.kind}"
    for sample in family.samples:
        value = sample.value
        if isinstance(value, Buckets):
            yield from _histogram(name, sample.labels, value)
        else:
            yield f"{name}{_braced(sample.labels)} {number(value)}"


def _histogram(name: str, labels: Mapping[str, str], buckets: Buckets) -> Iterator[str]:
    for bound, count in buckets.cumulative:
        yield f"{name}_bucket{_braced({**labels, 'le': number(bound)})} {count}"
    yield f"{name}_sum{_braced(labels)} {number(buckets.sum)}"
    yield f"{name}_count{_braced(labels)} {buckets.count}"


def _braced(labels: Mapping[str, str]) -> str:
    pairs = [f'{name}="{value.translate(_LABEL)}"' for name, value in labels.items()]
    return "{" + ",".join(pairs) + "}" if pairs else ""


def number(value: float) -> str:
    """Return a number as the format writes it."""
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
