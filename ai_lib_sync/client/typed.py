# Generated from ai_lib/client/typed.py by codegen; do not edit.
"""Calls for a typed answer: asks, and asks again, as one call."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ai_lib.client.settings import CallOptions
from ai_lib.errors.tree import InvalidToolArguments
from ai_lib.resilience.ledger import Ledger
from ai_lib.structured.asking import Asking
from ai_lib.structured.output import StructuredOutput

from .calls import Calls

T = TypeVar("T")


def ask_typed(calls: Calls, asking: Asking[T], options: CallOptions) -> StructuredOutput[T]:
    """Ask until the answer fits or may not be asked for again.

    All asks share one deadline and one set of books. Raises as `execute` does, and what `Asking`
    raises.
    """
    options = msgspec.structs.replace(options, ledger=Ledger())
    while True:
        output: StructuredOutput[T] | None = None
        try:
            response = calls.ask(asking.request, options)
        except InvalidToolArguments as error:
            asking.broken(error)
        else:
            output = asking.take(response)
        if output is not None:
            return output
