"""Loads encodings from vocabulary files on disk, which are checked by their digest."""

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

import msgspec

from ai_lib.errors.exceptions import RequestError


class Encoding(Protocol):
    """Cuts text into tokens."""

    def encode_ordinary(self, text: str) -> list[int]:
        """Return the tokens of the text; names of special tokens in it are plain text."""
        ...


class EncodingFile(msgspec.Struct, frozen=True, kw_only=True):
    """The file of an encoding's vocabulary.

    `name` is its name in tiktoken's cache, `sha256` the digest of its content, `pattern` the
    regular expression that splits text before tokens are merged.
    """

    name: str
    sha256: str
    pattern: str


# The cache's names are SHA-1 of the addresses; digests and patterns as in `tiktoken_ext`.
_O200K: Final = EncodingFile(
    name="fb374d419588a4632f3f557e76b4b70aebbca790",
    sha256="446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    pattern="|".join(
        [
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"\p{N}{1,3}",
            r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
            r"\s*[\r\n]+",
            r"\s+(?!\S)",
            r"\s+",
        ]
    ),
)
ENCODINGS: Final[dict[str, EncodingFile]] = {
    "o200k_base": _O200K,
    "o200k_harmony": _O200K,
    "cl100k_base": EncodingFile(
        name="9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        sha256="223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        pattern=r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
        r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    ),
}


def find_encoding(
    name: str, *, cache_dir: str | Path | None = None, download: bool = False
) -> Encoding | None:
    """Return an encoding, or None where tiktoken or the vocabulary is absent.

    The vocabulary is read from `cache_dir`, or else from tiktoken's own cache
    (`TIKTOKEN_CACHE_DIR`, `DATA_GYM_CACHE_DIR`, the folder for temporary files). A file with
    another digest is left alone and not used. With `download`, a missing one is downloaded.

    Raises:
        RequestError: tiktoken is absent, or the download failed.
    """
    file = ENCODINGS.get(name)
    folders = [Path(cache_dir)] if cache_dir is not None else list(_usual_folders())
    for folder in folders if file is not None else ():
        path = folder / file.name if file is not None else folder
        encoding = _read(name, str(path)) if path.is_file() else None
        if encoding is not None:
            return encoding
    return _download(name) if download else None


def _usual_folders() -> Iterator[Path]:
    for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if variable in os.environ:
            if os.environ[variable]:
                yield Path(os.environ[variable])
            return
    yield Path(tempfile.gettempdir()) / "data-gym-cache"


@lru_cache(maxsize=4)
def _read(name: str, path: str) -> Encoding | None:
    file = ENCODINGS[name]
    data = Path(path).read_bytes()
    if hashlib.sha256(data).hexdigest() != file.sha256:
        return None
    try:
        from tiktoken import Encoding as Tiktoken
    except ImportError:
        return None
    encoding: Encoding = Tiktoken(
        name, pat_str=file.pattern, mergeable_ranks=_parse_ranks(data), special_tokens={}
    )
    return encoding


def _parse_ranks(data: bytes) -> dict[bytes, int]:
    lines = (line.split() for line in data.split(b"\n") if line)
    return {base64.b64decode(token): int(rank) for token, rank in lines}


def _download(name: str) -> Encoding:
    try:
        import tiktoken
    except ImportError as error:
        raise RequestError(
            "no encoding can be downloaded without tiktoken: pip install ai-lib[tokenizer]"
        ) from error
    try:
        encoding: Encoding = tiktoken.get_encoding(name)
    except (OSError, ValueError) as error:
        raise RequestError(f"the encoding {name!r} could not be downloaded: {error}") from error
    return encoding
