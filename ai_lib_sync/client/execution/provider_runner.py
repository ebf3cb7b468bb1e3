# Generated from ai_lib/client/execution/provider_runner.py by codegen; do not edit.
"""ProviderRunner: sends what belongs to a provider, such as its files, batches and models."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from ai_lib.client.target.settings import CallOptions
from ai_lib.client.target.target import Target
from ai_lib.pipeline.operations.result import OperationResult
from ai_lib.protocol.dialect.operations import PagePart
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import find_first
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.cost import CostBounds
from ai_lib.types.json import JsonValue
from ai_lib.types.wire import check_optional_seconds

from ...transport import HttpTransport
from ..interceptors.chain import InterceptorChain
from .operation_call import OperationCall
from .targets import TargetSet


class ProviderRunner:
    """Sends operations to a client's first target alone, by its key and under its protection."""

    def __init__(
        self, transport: HttpTransport, targets: TargetSet, interceptors: InterceptorChain
    ) -> None:
        self._transport = transport
        self._targets = targets
        self._interceptors = interceptors

    @property
    def target(self) -> Target:
        """The target, as it stands now."""
        return self._targets.first.target.current()

    @property
    def provider_id(self) -> str:
        """The provider's id."""
        return self.target.compiled.id

    def run(
        self,
        request: OperationRequest,
        timeout: float | None = None,
        bound_cost: Callable[[], CostBounds] | None = None,
    ) -> OperationResult:
        """Send one operation; `timeout` is in seconds. Raises as `OperationCall.run`.

        `bound_cost` says what a budget sets aside for it.
        """
        options = CallOptions(timeout=check_optional_seconds("the timeout", timeout))
        call = OperationCall(
            self._transport,
            self._targets,
            self._interceptors,
            request,
            options,
            first_only=True,
            bound_cost=bound_cost,
        )
        return call.answer()

    def iterate_pages(
        self, request: OperationRequest, timeout: float | None = None
    ) -> Iterator[OperationResult]:
        """Yield the pages of a list; `timeout` is in seconds, for each. Raises as `run`."""
        pages: set[str] = set()
        while True:
            result = self.run(request, timeout)
            yield result
            shape = self.target.compiled.find_operation(request.name)
            page = _find_next(shape.pages if shape is not None else None, result.document)
            if page is None or page in pages:
                return
            pages.add(page)
            values = {**request.values, "page": page}
            request = msgspec.structs.replace(request, values=values)


def _find_next(part: PagePart | None, document: JsonValue) -> str | None:
    if part is None or (part.more is not None and not compile_expression(part.more)(document)):
        return None
    page = find_first(part.next, document)
    return page if isinstance(page, str) and page else None
