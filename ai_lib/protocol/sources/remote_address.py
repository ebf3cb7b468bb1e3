"""Addresses of manifests: which may be used at all, and where in them a provider's file is."""

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

# The protocol's own repository at one commit: what is fetched never changes under a caller.
GITHUB_REF: Final = "33e9fd87805bb76305bf8a453ddc8c85d7b941c6"
_GITHUB: Final = "https://raw.githubusercontent.com/ailib-official/ai-protocol/"
_RAW: Final = "raw.githubusercontent.com"

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TAG: Final = re.compile(r"v?\d+\.\d+(\.\d+)*([-+][0-9A-Za-z.-]+)?")
_DIGEST: Final = re.compile(r"sha256=([0-9a-f]{64})")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class RemoteAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A tree of manifests, or one file, at an https address.

    `sha256` pins the one file. `is_pinned` says whether the address itself names a fixed state: a
    commit, or a release tag.
    """

    url: str
    is_file: bool = False
    sha256: str | None = None
    is_pinned: bool = False

    def join(self, place: str) -> str:
        """Return the address of a place in the tree."""
        return f"{self.url.rstrip('/')}/{place}"


def is_address(text: object) -> bool:
    """Whether a place is an address rather than a path."""
    return isinstance(text, str) and "://" in text


def parse_address(
    text: str, *, pins: Mapping[str, str] | None = None, allow_loopback: bool = False
) -> RemoteAddress:
    """Read an address of manifests, such as `https://host/house.yaml#sha256=...`,
    `https://github.com/owner/repo/tree/v1.2.0` or `https://host/<commit>/`.

    Raises:
        ProtocolError: it is not https (plain http only to the loopback and with
            `allow_loopback`), holds credentials, or names no fixed state while `pins`, digests by
            provider, is empty too.
    """
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError as error:
        raise ProtocolError(f"{text[:200]!r} is no address: {error}") from error
    plain_allowed = allow_loopback and parts.scheme == "http" and host in _LOOPBACK
    if (parts.scheme != "https" and not plain_allowed) or not host:
        raise ProtocolError(
            f"manifests are fetched over https only, not from {parts.scheme}://{host}: "
            "they decide where an API key is sent",
            source=f"{parts.scheme}://{host}",
        )
    if parts.username or parts.password or parts.query:
        raise ProtocolError(f"the address of manifests on {host} must hold no credential or query")
    bare = f"{parts.scheme}://{parts.netloc}{parts.path}"
    found = _DIGEST.fullmatch(parts.fragment)
    url = _find_raw_url(bare, host, parts.path)
    address = RemoteAddress(
        url=url,
        is_file=parts.path.endswith((".yaml", ".yml", ".json")),
        sha256=found[1] if found else None,
        is_pinned=_is_pinned(urlsplit(url).path, urlsplit(url).hostname or ""),
    )
    if not (address.is_pinned or pins or (address.is_file and address.sha256)):
        raise ProtocolError(
            f"{bare} is not pinned, so what it says could change: name a commit or a release tag "
            "in it, end a file's address with #sha256=<digest>, or pass pins={provider: digest}",
            source=bare,
        )
    return address


def build_github_address(ref: str) -> RemoteAddress:
    """Return the protocol's own repository at a commit or release tag; raises as `read_address`."""
    return parse_address(f"{_GITHUB}{ref}/")


def check_digest(text: str, url: str, wanted: str | None) -> str:
    """Return `text` if it has the wanted SHA-256; raise ProtocolError otherwise."""
    if wanted is not None and (found := hash_text(text)) != wanted.lower():
        raise ProtocolError(
            f"{url}: its SHA-256 is {found}, but {wanted} is pinned; it is not used", source=url
        )
    return text


def _find_raw_url(url: str, host: str, path: str) -> str:
    """Return where the files behind an address of the forge's pages are."""
    steps = path.strip("/").split("/")
    if host == "github.com" and len(steps) >= 4 and steps[2] in ("tree", "blob", "raw"):
        owner, repository, _, *rest = steps
        return f"https://{_RAW}/{'/'.join([owner, repository, *rest])}"
    return url


def _is_pinned(path: str, host: str) -> bool:
    steps = path.strip("/").split("/")
    if any(_COMMIT.fullmatch(step) for step in re.split(r"[/@]", path)):
        return True
    if host == _RAW:
        return len(steps) > 2 and _TAG.fullmatch(steps[2]) is not None
    # A package of one version, as the mirrors of registries write it.
    versions = [step.rpartition("@")[2] for step in steps if "@" in step[1:]]
    return any(_TAG.fullmatch(version) for version in versions)


class RemoteCache:
    """Keeps fetched texts by address. A file that is not what was written is as good as none."""

    def __init__(self, folder: str | Path | None = None) -> None:
        self._folder = Path(folder) if folder is not None else _find_cache_folder() / "manifests"

    def get(self, url: str) -> str | None:
        """Return what was kept of an address."""
        try:
            kept = json.loads(self._path(url).read_bytes())
            text, written, of = kept["text"], kept["sha256"], kept["url"]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None
        intact = isinstance(text, str) and of == url and hash_text(text) == written
        return text if intact else None

    def put(self, url: str, text: str) -> None:
        """Keep a text; a disk that can't be written to costs a fetch, not a failure."""
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


def _find_cache_folder() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ai-lib"
