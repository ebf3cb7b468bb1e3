"""What goes wrong with an MCP server.

McpError                    the server responded with an error, or broke the protocol
|-- McpServerGone           it ended, or its answer broke off
|-- McpTimeout              it took too long (also a TimeoutError)
|-- McpToolFailed           a tool ran and failed, or its result is too large
|-- McpToolChanged          a tool is not the one that was approved, or listed before
|-- McpAuthRequired         it wants a token, or another one; what it asks for is in it
`-- McpInputRequired        it asks for something that no callback here answers
"""

from collections.abc import Mapping, Sequence

from ai_lib.errors import codes
from ai_lib.errors.exceptions import AiLibError


class McpError(AiLibError):
    """An MCP server responded with an error, or broke the protocol.

    `server` is the name it was given, `code` its own number of the error and `data` what it added,
    None when there is none.
    """

    default_code = codes.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        server: str = "",
        code: int | None = None,
        data: object = None,
    ) -> None:
        super().__init__(message)
        self.server = server
        self.code = code
        self.data = data


class McpServerGone(McpError):
    """A server ended, or its answer broke off.

    `exit_code` is that of its process (negative for a signal, None when there is none) and `stderr`
    the last 2 kB that it wrote there. `never_sent` is true when it saw nothing of the request.
    """

    default_code = codes.SERVER_ERROR

    def __init__(
        self,
        message: str,
        *,
        server: str = "",
        exit_code: int | None = None,
        stderr: str = "",
        never_sent: bool = False,
    ) -> None:
        super().__init__(message, server=server)
        self.exit_code = exit_code
        self.stderr = stderr
        self.never_sent = never_sent


class McpTimeout(McpError, TimeoutError):
    """A server took longer than `seconds`. It was told that the request is cancelled."""

    default_code = codes.TIMEOUT

    def __init__(self, message: str, *, server: str = "", seconds: float | None = None) -> None:
        super().__init__(message, server=server)
        self.seconds = seconds


class McpToolFailed(McpError):
    """A tool ran and failed, or its result is larger than `max_result`. `result` is all of it."""

    def __init__(
        self, message: str, *, server: str = "", tool: str = "", result: object = None
    ) -> None:
        super().__init__(message, server=server)
        self.tool = tool
        self.result = result


class McpToolChanged(McpError):
    """A tool is not the one that was approved, or not the one that was listed before.

    `approved` is its pin then, None for a new tool, and `pin` its pin now; `old` and `new` are its
    descriptions, as far as they are known.
    """

    def __init__(
        self,
        message: str,
        *,
        server: str = "",
        tool: str = "",
        approved: str | None = None,
        pin: str | None = None,
        old: str | None = None,
        new: str | None = None,
    ) -> None:
        super().__init__(message, server=server)
        self.tool = tool
        self.approved = approved
        self.pin = pin
        self.old = old
        self.new = new


class McpAuthRequired(McpError):
    """A server wants a token (status 401), or one that may do more (403).

    `resource_metadata` is the address that says where tokens come from (RFC 9728), `scopes` what
    the token has to allow, `error` and `error_description` what is wrong with the one that was
    sent (RFC 6750); `parameters` has the whole challenge.
    """

    default_code = codes.AUTHENTICATION

    def __init__(
        self,
        message: str,
        *,
        server: str = "",
        status: int = 401,
        scheme: str = "",
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, server=server, code=status)
        self.scheme = scheme
        self.parameters = dict(parameters or {})

    @property
    def resource_metadata(self) -> str | None:
        """The address of the metadata that name the authorization server."""
        return self.parameters.get("resource_metadata")

    @property
    def scopes(self) -> tuple[str, ...]:
        """What a token has to allow."""
        return tuple(self.parameters.get("scope", "").split())

    @property
    def error(self) -> str | None:
        """The code of what is wrong, such as `invalid_token`."""
        return self.parameters.get("error")

    @property
    def error_description(self) -> str | None:
        """What is wrong, in words."""
        return self.parameters.get("error_description")


class McpInputRequired(McpError):
    """A server asks for something that no callback here answers. `requests` are what it asks."""

    def __init__(
        self, message: str, *, server: str = "", requests: Sequence[Mapping[str, object]] = ()
    ) -> None:
        super().__init__(message, server=server)
        self.requests = tuple(requests)
