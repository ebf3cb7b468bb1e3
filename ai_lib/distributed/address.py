"""The address of a store, and what is needed to sign in there."""

import os
from typing import Final, Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import msgspec

from ai_lib.types.secret import make_secret

Mode = Literal["single", "sentinel", "cluster"]
_SCHEMES: Final[dict[str, tuple[Mode, bool]]] = {
    "redis": ("single", False),
    "rediss": ("single", True),
    "valkey": ("single", False),
    "valkeys": ("single", True),
    "unix": ("single", False),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
}
_SYNTAX: Final = (
    "write redis://host:6379/0, rediss:// for TLS, unix:///path, "
    "redis+cluster://host1:6379,host2:6379, or redis+sentinel://host1:26379,host2/name/0"
)
URL_VARIABLE: Final = "AI_LIB_REDIS_URL"
PASSWORD_VARIABLE: Final = "AI_LIB_REDIS_PASSWORD"
SENTINEL_PASSWORD_VARIABLE: Final = "AI_LIB_REDIS_SENTINEL_PASSWORD"


class ServerAddress(msgspec.Struct, frozen=True):
    """One server: a host and a port, or the path of a socket in the file system."""

    host: str
    port: int
    path: str = ""

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


class StoreAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a store is, and how to sign in. Its password is a secret, which nothing shows."""

    nodes: tuple[ServerAddress, ...]
    mode: Mode = "single"
    uses_tls: bool = False
    service: str = ""
    database: int = 0
    username: str | None = None
    password: str | None = None
    sentinel_password: str | None = None
    ca_file: str | None = None
    signs_in: bool = True

    def __repr__(self) -> str:
        nodes = ",".join(str(node) for node in self.nodes)
        service = f"/{self.service}" if self.service else ""
        return f"StoreAddress({self.mode} {nodes}{service}/{self.database})"

    def without_password(self) -> "StoreAddress":
        """Return the address as it may travel to another process, which finds the password."""
        return msgspec.structs.replace(self, password=None, sentinel_password=None)

    def for_sentinels(self) -> "StoreAddress":
        """Return the address as it is for sentinels, which have a password of their own or none."""
        password = self.sentinel_password or os.environ.get(SENTINEL_PASSWORD_VARIABLE) or None
        return msgspec.structs.replace(
            self, database=0, username=None, password=password, signs_in=bool(password)
        )

    def find_password(self) -> str | None:
        """Return the password of the address, else that of `AI_LIB_REDIS_PASSWORD`."""
        if not self.signs_in:
            return None
        return self.password or os.environ.get(PASSWORD_VARIABLE) or None


def parse_address(url: str | None) -> StoreAddress:
    """Read the address of a store; None is that in `AI_LIB_REDIS_URL`.

    Raises:
        ValueError: there is none, or it can't be read. The message does not show the password.
    """
    url = url or os.environ.get(URL_VARIABLE)
    if not url:
        raise ValueError(f"give the store's address, or set {URL_VARIABLE}: {_SYNTAX}")
    try:
        return _parse(urlsplit(url))
    except ValueError as error:
        scheme = url.partition("://")[0] if "://" in url else ""
        raise ValueError(
            f"the store's address ({scheme or 'without a scheme'}) can't be read: {error}; "
            f"{_SYNTAX}"
        ) from None


def _parse(parts: SplitResult) -> StoreAddress:
    if parts.scheme not in _SCHEMES:
        raise ValueError("its scheme is unknown")
    mode, uses_tls = _SCHEMES[parts.scheme]
    signing, _, hosts = parts.netloc.rpartition("@")
    username, _, password = signing.partition(":")
    path = [piece for piece in parts.path.split("/") if piece]
    query = parse_qs(parts.query)
    sentinel_password = query.get("sentinel_password", [None])[0]
    if parts.scheme == "unix":
        nodes: tuple[ServerAddress, ...] = (ServerAddress("", 0, parts.path),)
        database = query.get("db", ["0"])[0]
    else:
        default_port = 26379 if mode == "sentinel" else 6379
        nodes = tuple(_parse_node(host, default_port) for host in hosts.split(",") if host)
        database = path[-1] if len(path) > (mode == "sentinel") else "0"
    if not nodes or (mode == "sentinel" and not path):
        raise ValueError("it names no host" if not nodes else "it names no service")
    if not database.isdigit() or (mode == "cluster" and int(database)):
        raise ValueError("its database is a number from 0 on, and 0 in a cluster")
    return StoreAddress(
        nodes=nodes,
        mode=mode,
        uses_tls=uses_tls,
        service=unquote(path[0]) if mode == "sentinel" else "",
        database=int(database),
        username=unquote(username) or None,
        password=make_secret(unquote(password)) if password else None,
        sentinel_password=make_secret(sentinel_password) if sentinel_password else None,
        ca_file=query.get("ca_file", [None])[0],
    )


def _parse_node(host: str, default_port: int) -> ServerAddress:
    split = urlsplit(f"//{host}")
    try:
        port = split.port
    except ValueError:
        raise ValueError("a port is a number up to 65535") from None
    return ServerAddress(split.hostname or "localhost", port or default_port)
