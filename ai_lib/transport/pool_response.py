"""The whole response that a pool's client returns."""

import msgspec

from ai_lib.errors.exceptions import DecodeError
from ai_lib.transport.http.headers import Headers
from ai_lib.types.json import JsonValue


class PoolResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Status, headers and content of a response, whatever the status is.

    `content` is decompressed; `url` is without its query.
    """

    status_code: int
    headers: Headers
    content: bytes
    url: str

    @property
    def is_success(self) -> bool:
        """Whether the status is one of 200 to 299."""
        return 200 <= self.status_code <= 299

    @property
    def text(self) -> str:
        """The content as text; bytes that are no UTF-8 become U+FFFD."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> JsonValue:
        """Return the content, decoded.

        Raises:
            DecodeError: it is no JSON.
        """
        try:
            return msgspec.json.decode(self.content)
        except ValueError as error:
            raise DecodeError(
                f"the response of {self.url} (status {self.status_code}) is no JSON: {error}",
                excerpt=self.text[:200],
            ) from error

    def __repr__(self) -> str:
        return f"<PoolResponse {self.status_code} {self.url} {len(self.content)} bytes>"
