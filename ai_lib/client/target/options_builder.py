"""What one call sets for itself, as its builder takes it."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from ai_lib.client.target.arguments import check_names
from ai_lib.client.target.settings import CallOptions
from ai_lib.types.wire import TimeoutOptions, check_seconds

B = TypeVar("B", bound="OptionsBuilder")


class OptionsBuilder:
    """Collects headers, time limits, fallbacks, labels and caching of one call."""

    # A frozen value; the first option that is set gives the builder one of its own.
    _options = CallOptions()

    def headers(self: B, headers: Mapping[str, str]) -> B:
        """Send these headers with this call; one of the same name is replaced.

        One that may hold a credential goes to the host of the call's first target only.

        Raises:
            ValueError: a header frames the request, or HTTP does not allow it.
            TypeError: they are no mapping of texts to texts.
        """
        from ai_lib.client.target.headers import check_headers

        return self._set(headers=(*self._options.headers, *check_headers(headers)))

    def timeout(self: B, seconds: float) -> B:
        """Set the seconds this call may take.

        A plain call is bounded as a whole; in a stream each wait for the next piece is bounded.
        """
        return self._set(timeout=check_seconds("the timeout", seconds))

    def timeouts(self: B, options: TimeoutOptions) -> B:
        """Set each time limit of this call by itself, in place of `timeout`."""
        return self._set(timeouts=options)

    def fallbacks(self: B, models: Sequence[str]) -> B:
        """Try these models when the client's fails, in place of the client's own fallbacks."""
        return self._set(fallbacks=check_names(models))

    def metadata(self: B, values: Mapping[str, object]) -> B:
        """Add labels for interceptors and budgets, such as a team; they are never sent."""
        return self._set(metadata={**self._options.metadata, **values})

    def cache(self: B, enabled: bool = True, *, ttl: float | None = None) -> B:
        """Set whether this call uses the client's cache, and for how long its response is kept.

        `ttl` is in seconds; 0 keeps nothing, None takes the cache's own time.

        Raises:
            ValueError: `ttl` is negative.
        """
        if ttl is not None and not ttl >= 0:
            raise ValueError(f"a time to live is 0 seconds or more, not {ttl}")
        return self._set(cache=enabled, cache_ttl=ttl)

    def _set(self: B, **options: object) -> B:
        self._options = msgspec.structs.replace(self._options, **options)
        return self
