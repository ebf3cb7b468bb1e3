"""One call of an operation beside chat, as those see it who accompany it."""

import uuid
from collections.abc import Callable

from ai_lib.client.stopwatch import Stopwatch
from ai_lib.client.target import Target
from ai_lib.resilience.ledger import Ledger
from ai_lib.types.usage import Usage
from ai_lib.types.wire import WireRequest


class Operation:
    """What is known of an operation, such as `embeddings`, while it is under way.

    `headers` may be added to until it is sent. `wire` is the request, once it is built; `usage`
    is what the answer says of tokens. `outcome` is `answered`, `failed` or `cancelled`, and empty
    until it ends; `error` is what ended it. `notes` is for interceptors, as on a `Call`.
    """

    def __init__(self, name: str, target: Target, clock: Callable[[], float]) -> None:
        self.id = str(uuid.uuid4())
        self.name = name
        self.target = target
        self.headers: list[tuple[str, str]] = []
        self.wire: WireRequest | None = None
        self.ledger = Ledger()
        self.watch = Stopwatch(clock)
        self.usage = Usage()
        self.notes: dict[str, object] = {}
        self.error: BaseException | None = None
        self.outcome = ""
