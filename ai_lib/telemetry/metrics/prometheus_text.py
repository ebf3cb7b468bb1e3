"""Families of samples as Prometheus has them, and their text format."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

# https://prometheus.io/docs/instrumenting/exposition_formats/
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_LABEL_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\n": "\\n", '"': '\\"'})
_HELP_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\n": "\\n"})


class Buckets(msgspec.Struct, frozen=True, kw_only=True):
    """A histogram's sample: each bound and the number of values up to it, the last one infinite."""

    cumulative: Sequence[tuple[float, int]]
    sum: float

    @property
    def count(self) -> int:
        """The number of values."""
        return self.cumulative[-1][1]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One value and its labels."""

    labels: Mapping[str, str]
    value: float | Buckets


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Samples of one name. A counter's name is without its `_total`."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: Sequence[Sample]


def format_families(families: Iterable[Family]) -> str:
    """Return the families in the text format, version 0.0.4."""
    return "".join(f"{line}\n" for family in families for line in _format_family(family))


def _format_family(family: Family) -> Iterator[str]:
    if not family.samples:
        return
    name = f"{family.name}_total" if family.kind == "counter" else family.name
    yield f"# HELP {name} {family.help.translate(_HELP_ESCAPES)}"
    yield f"# TYPE {name} {family.kind}"
    for sample in family.samples:
        value = sample.value
        if isinstance(value, Buckets):
            yield from _format_histogram(name, sample.labels, value)
        else:
            yield f"{name}{_format_labels(sample.labels)} {format_number(value)}"


def _format_histogram(name: str, labels: Mapping[str, str], buckets: Buckets) -> Iterator[str]:
    for bound, count in buckets.cumulative:
        yield f"{name}_bucket{_format_labels({**labels, 'le': format_number(bound)})} {count}"
    yield f"{name}_sum{_format_labels(labels)} {format_number(buckets.sum)}"
    yield f"{name}_count{_format_labels(labels)} {buckets.count}"


def _format_labels(labels: Mapping[str, str]) -> str:
    pairs = [f'{name}="{value.translate(_LABEL_ESCAPES)}"' for name, value in labels.items()]
    return "{" + ",".join(pairs) + "}" if pairs else ""


def format_number(value: float) -> str:
    """Return a number in the text format."""
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
