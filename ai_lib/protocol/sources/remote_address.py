"""Parses and checks addresses of manifests, and caches on disk what was fetched from them."""

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ai_lib._log import LOG
from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.sources.file_stamp import hash_text

# One commit of the protocol's own repository: what is fetched there never changes.
GITHUB_REF: Final = "33e9fd87805bb76305bf8a453ddc8c85d7b941c6"
_GITHUB: Final = "https://raw.githubusercontent.com/ailib-official/ai-protocol/"
_RAW: Final = "raw.githubusercontent.com"

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TAG: Final = re.compile(r"v?\d+\.\d+(\.\d+)*([-+][0-9A-Za-z.-]+)?")
_DIGEST: Final = re.compile(r"sha256=([0-9a-f]{64})")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class RemoteAddress(msgspec.Struct, frozen=True, kw_only=True):
    """The https address of a folder of manifests, or of one file.

    `sha256` is the digest of the one file. `is_pinned` says whether the address names a commit or
    a release tag.
    """

    url: str
    is_file: bool = False
    sha256: str | None = None
    is_pinned: bool = False

    def join(self, path: str) -> str:
        """Return the address of a path in the folder."""
        return f"{self.url.rstrip('/')}/{path}"


def is_address(text: object) -> bool:
    """Whether a location is an address and not a file path."""
    return isinstance(text, str) and "://" in text


def parse_address(
    text: str, *, pins: Mapping[str, str] | None = None, allow_loopback: bool = False
) -> RemoteAddress:
    """Parse an address of manifests, such as `https://host/house.yaml#sha256=...`,
    `https://github.com/owner/repo/tree/v1.2.0` or `https://host/<commit>/`.

    Raises:
        ProtocolError: it is not https (plain http is allowed to the loopback with
            `allow_loopback`), holds credentials or a query, or is not pinned while `pins`, a map
            of providers to digests, is empty.
    """
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError as error:
        raise ProtocolError(f"{text[:200]!r} is no address: {error}") from error
    is_loopback_http = allow_loopback and parts.scheme == "http" and host in _LOOPBACK
    if (parts.scheme != "https" and not is_loopback_http) or not host:
        raise ProtocolError(
            f"manifests are fetched over https only, not from {parts.scheme}://{host}: "
            "they decide where an API key is sent",
            source=f"{parts.scheme}://{host}",
        )
    if parts.username or parts.password or parts.query:
        raise ProtocolError(f"the address of manifests on {host} must hold no credential or query")
    address_text = f"{parts.scheme}://{parts.netloc}{parts.path}"
    digest = _DIGEST.fullmatch(parts.fragment)
    url = _find_raw_url(address_text, host, parts.path)
    address = RemoteAddress(
        url=url,
        is_file=parts.path.endswith((".yaml", ".yml", ".json")),
        sha256=digest[1] if digest else None,
        is_pinned=_is_pinned(urlsplit(url).path, urlsplit(url).hostname or ""),
    )
    if not (address.is_pinned or pins or (address.is_file and address.sha256)):
        raise ProtocolError(
            f"{address_text} is not pinned, so what it says could change: name a commit or a "
            "release tag in it, end a file's address with #sha256=<digest>, or pass "
            "pins={provider: digest}",
            source=address_text,
        )
    return address


def build_github_address(ref: str) -> RemoteAddress:
    """Return the address of the protocol's repository at a commit or release tag.

    Raises as `parse_address`.
    """
    return parse_address(f"{_GITHUB}{ref}/")


def check_digest(text: str, url: str, pin: str | None) -> str:
    """Return `text` if it has the pinned SHA-256 or no pin; raise ProtocolError otherwise."""
    if pin is not None and (digest := hash_text(text)) != pin.lower():
        raise ProtocolError(
            f"{url}: its SHA-256 is {digest}, but {pin} is pinned; it is not used", source=url
        )
    return text


def _find_raw_url(url: str, host: str, path: str) -> str:
    """Return the URL of the raw files for the URL of a GitHub page."""
    steps = path.strip("/").split("/")
    if host == "github.com" and len(steps) >= 4 and steps[2] in ("tree", "blob", "raw"):
        owner, repository, _, *inner_steps = steps
        return f"https://{_RAW}/{'/'.join([owner, repository, *inner_steps])}"
    return url


def _is_pinned(path: str, host: str) -> bool:
    steps = path.strip("/").split("/")
    if any(_COMMIT.fullmatch(step) for step in re.split(r"[/@]", path)):
        return True
    if host == _RAW:
        return len(steps) > 2 and _TAG.fullmatch(steps[2]) is not None
    # A mirror of a package registry writes `package@version`.
    versions = [step.rpartition("@")[2] for step in steps if "@" in step[1:]]
    return any(_TAG.fullmatch(version) for version in versions)


class RemoteCache:
    """Keeps fetched texts on disk by URL. A file that was changed counts as missing."""

    def __init__(self, folder: str | Path | None = None) -> None:
        self._folder = Path(folder) if folder is not None else find_cache_folder() / "manifests"

    def get(self, url: str) -> str | None:
        """Return the text kept for a URL, or None."""
        try:
            record = json.loads(self._path(url).read_bytes())
            text, digest, record_url = record["text"], record["sha256"], record["url"]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None
        is_intact = isinstance(text, str) and record_url == url and hash_text(text) == digest
        return text if is_intact else None

    def put(self, url: str, text: str) -> None:
        """Keep a text. A failure to write is logged and costs only another fetch."""
        path = self._path(url)
        record = {"url": url, "sha256": hash_text(text), "text": text}
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            import tempfile

            handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(record, file)
            os.replace(name, path)
        except OSError as error:
            LOG.info("a fetched manifest can't be kept in %s: %s", path.parent, error)

    def _path(self, url: str) -> Path:
        return self._folder / f"{hash_text(url)[:32]}.json"


def find_cache_folder() -> Path:
    """Return the library's folder in the user's cache; it need not exist."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ai-lib"
