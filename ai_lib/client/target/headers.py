"""Headers of the caller: which may be sent, where to, and what they replace."""

import re
from collections.abc import Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import msgspec

from ai_lib.errors.exceptions import RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.types.wire import HttpRequest

Fields = tuple[tuple[str, str], ...]


class HeaderTarget(Protocol):
    """What of a target its headers depend on."""

    @property
    def compiled(self) -> CompiledManifest: ...
    @property
    def address(self) -> str: ...
    @property
    def headers(self) -> Fields: ...
    @property
    def home(self) -> str: ...


# They frame the request, or say what its body is: the transport and the dialect set them.
_FRAMING: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te"}
    | {"trailer", "expect", "content-type", "content-encoding", "accept-encoding"}
    | {"proxy-authorization", "proxy-connection"}
)
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# Rather a header too many: one that is left out is named, one that goes astray is lost.
_CREDENTIAL: Final = re.compile(
    r"auth|key|token|secret|cookie|pass|credential|session|signature|access|jwt|cert|login|account",
    re.IGNORECASE,
)
_CREDENTIAL_VALUE: Final = re.compile(r"\s*(?:bearer|basic|digest|token)\s", re.IGNORECASE)


def check_headers(headers: Any) -> Fields:
    """Return the headers that a caller gives.

    Raises:
        ValueError: one frames the request, or HTTP does not allow it.
        TypeError: they are no mapping of texts to texts.
    """
    if not isinstance(headers, Mapping):
        raise TypeError(
            f"headers are a mapping, such as {{'X-Team': 'search'}}, not a {type(headers).__name__}"
        )
    return tuple(_check_header(name, value) for name, value in headers.items())


def _check_header(name: Any, value: Any) -> tuple[str, str]:
    if not isinstance(name, str) or not isinstance(value, str):
        kind = type(value if isinstance(name, str) else name).__name__
        raise TypeError(f"the header {name!r:.100} is no text: a {kind} was given")
    if name.lower() in _FRAMING:
        raise ValueError(f"the header {name!r} is set by this library: it says how the body comes")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r:.100} is no name of a header")
    # The value is not shown: it may be a credential.
    if not _VALUE.fullmatch(value):
        raise ValueError(f"the value of the header {name!r} has characters that HTTP forbids")
    return name, value


def may_hold_credential(name: str, value: str) -> bool:
    """Whether a header may hold what opens an account."""
    return bool(_CREDENTIAL.search(name) or _CREDENTIAL_VALUE.match(value))


def find_origin(url: str) -> str:
    """Return scheme, host and port of an address, in small letters."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()


def add_headers(
    wire: HttpRequest, target: HeaderTarget, fields: Fields = (), home: HeaderTarget | None = None
) -> tuple[HttpRequest, tuple[str, ...]]:
    """Return the request with the client's and the call's headers, and notes on what is left out.

    `fields` are those of the call, which win. What may hold a credential goes only to the host it
    was given for: that of the client's first model, or that of the call's first target, `home`.

    Raises:
        RequestError: the manifest refuses one of them.
    """
    notes: list[str] = []
    origin = find_origin(target.address)
    fields_by_name = _choose(target, target.headers, origin == target.home, notes)
    call_home = origin if home is None else find_origin(home.address)
    fields_by_name.update(_choose(target, fields, origin == call_home, notes))
    if not fields_by_name:
        return wire, tuple(notes)
    secrets = {name for name, field in fields_by_name.items() if may_hold_credential(*field)}
    others = [field for field in wire.headers if field[0].lower() not in fields_by_name]
    headers = (*others, *fields_by_name.values())
    wire = msgspec.structs.replace(wire, headers=headers, secrets=wire.secrets | secrets)
    return wire, tuple(notes)


def _choose(
    target: HeaderTarget, fields: Fields, is_home: bool, notes: list[str]
) -> dict[str, tuple[str, str]]:
    provider = target.compiled.id
    fields_by_name: dict[str, tuple[str, str]] = {}
    for name, value in fields:
        if name.lower() in _list_refused(target):
            raise RequestError(
                f"{provider} takes no header {name!r} of a caller: its manifest refuses it "
                "(metadata.refused_headers)",
                provider=provider,
            )
        if is_home or not may_hold_credential(name, value):
            fields_by_name[name.lower()] = (name, value)
        else:
            notes.append(
                f"header {name} not sent to {provider}: it may hold a credential, and was given "
                "for another host"
            )
    return fields_by_name


def _list_refused(target: HeaderTarget) -> set[str]:
    metadata = target.compiled.manifest.raw.get("metadata")
    names = metadata.get("refused_headers") if isinstance(metadata, Mapping) else None
    return {str(name).lower() for name in names} if isinstance(names, list | tuple) else set()
