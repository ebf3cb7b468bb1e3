"""Exporters of finished spans: to a list, and to a stream of JSON lines."""

import json
import sys
from collections import deque
from typing import TextIO

from ai_lib.errors.printable import to_printable
from ai_lib.telemetry.tracing.span import Span


class InMemoryExporter:
    """Keeps the latest finished spans; an exporter of a tracer."""

    def __init__(self, max_spans: int = 10_000) -> None:
        if max_spans < 1:
            raise ValueError("max_spans is at least 1")
        self._spans: deque[Span] = deque(maxlen=max_spans)

    def __call__(self, span: Span) -> None:
        """Keep a finished span."""
        self._spans.append(span)

    @property
    def spans(self) -> list[Span]:
        """The spans, in the order they ended."""
        return list(self._spans)

    def get_spans(self) -> list[Span]:
        """The same as `spans`."""
        return self.spans

    def clear(self) -> None:
        """Drop all spans."""
        self._spans.clear()


class ConsoleExporter:
    """Writes each finished span as a line of JSON, to standard error unless a stream is given."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def __call__(self, span: Span) -> None:
        """Write a finished span."""
        line = json.dumps(span.to_dict(), ensure_ascii=False)
        (self._stream or sys.stderr).write(f"{to_printable(line)}\n")
