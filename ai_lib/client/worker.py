"""One client for all the work that a worker process is sent."""

from __future__ import annotations

import pickle
from hashlib import sha256
from typing import Any

from ai_lib._runtime.forks import ForkedState, keep_inherited, renew_after_fork
from ai_lib.errors.exceptions import PicklingError

from .._runtime.backend import Lock, current_runtime, has_ended
from .._runtime.workers import call_at_exit
from .builder import AiClientBuilder
from .client import AiClient


class _WorkerClientPool(ForkedState):
    """The clients of this process, by their builders and event loops."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.clients: dict[tuple[str, object], AiClient] = {}
        self.is_closed_at_exit = False
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Forget the clients: a child makes its own."""
        super().renew_in_child()
        keep_inherited(self.clients)  # what they hold may not be renewed yet
        self.clients = {}

    async def find(self, builder: AiClientBuilder[AiClient]) -> AiClient:
        """Return the client of a builder like this one, and build it where there is none."""
        key = (_identify(builder), current_runtime())
        async with self.lock:
            for other_key in [other for other in self.clients if has_ended(other[1])]:
                del self.clients[other_key]
            client = self.clients.get(key)
            if client is None:
                client = self.clients[key] = await builder.build()
                if not self.is_closed_at_exit:
                    self.is_closed_at_exit = True
                    call_at_exit(self.close)
            return client

    async def close(self) -> None:
        """Close the clients of the running event loop."""
        for key in [key for key in self.clients if key[1] is current_runtime()]:
            await self.clients.pop(key).close()


_worker_clients = _WorkerClientPool()


async def worker_client(builder: AiClientBuilder[AiClient]) -> AiClient:
    """Return the one client of this process (and event loop) for builders with these settings.

    It is made on first use, made anew after a fork, and kept until the process exits. So work that
    arrives with a pickled builder, a chunk at a time, keeps its connections, limits and circuits.
    Do not close it.

    Raises:
        PicklingError: the builder has a setting that can't be pickled; the message names it.
        AiLibError: as `AiClientBuilder.build`.
    """
    return await _worker_clients.find(builder)


def _identify(builder: AiClientBuilder[AiClient]) -> str:
    """Return a hash of the settings with their keys, which are in no text."""
    twin: Any = builder.__copy__().carry_keys()
    try:
        return sha256(pickle.dumps(twin)).hexdigest()
    except PicklingError:
        raise
    except (TypeError, AttributeError, pickle.PickleError) as error:
        raise PicklingError(
            f"a worker's client needs a builder that can be pickled: {error}"
        ) from error
