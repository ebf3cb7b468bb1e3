"""`ai-lib update`: fetches manifests, shows what they change, and puts them in force."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Final

from ai_lib.cli.output import write_note, write_problem, write_text
from ai_lib.errors.exceptions import AiLibError, ProtocolError
from ai_lib.protocol.build import build_manifest
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.lint.diff import compare_manifests
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.protocol.sources.document import MAX_BYTES, is_json, read_text
from ai_lib.protocol.sources.folder import ManifestDocument
from ai_lib.protocol.sources.remote_address import check_digest, parse_address
from ai_lib.protocol.sources.updates import UpdateStore

from ..client.loading import fetch_manifest

_SECONDS: Final = 10.0
_DIGEST: Final = re.compile(r"(?:sha256[=:])?([0-9a-f]{64})", re.IGNORECASE)
USAGE_ERROR, REFUSED = 2, 1


async def run_update(parsed: argparse.Namespace) -> int:
    """Run the command; return 0 when the manifests are in force, 1 when they were not accepted."""
    try:
        if parsed.undo:
            return undo_update()
        return await update_manifests(parsed.addresses, parsed.digest, accept=parsed.yes)
    except AiLibError as error:
        write_problem(error)
        return USAGE_ERROR


async def update_manifests(
    addresses: Sequence[str], digests: Sequence[str], *, accept: bool = False
) -> int:
    """Fetch manifests, each with its SHA-256, and put all of them in force, or none.

    With `accept`, nobody is asked.

    Raises:
        ProtocolError: there is no digest for an address, a text has another one, or it is no
            manifest that can be used.
        TransportError: an address can't be reached.
    """
    if not addresses or len(addresses) != len(digests):
        raise ProtocolError(
            f"{len(addresses)} address(es) and {len(digests)} digest(s): name each file's https "
            "address and its --digest SHA256, in the same order"
        )
    texts: dict[str, str] = {}
    has_changes = False
    for address, digest in zip(addresses, digests, strict=True):
        fetched = await _fetch(address, digest)
        manifest = build_manifest(fetched).manifest
        has_changes |= _write_changes(manifest)
        ending = "json" if is_json(fetched.source) else "yaml"
        texts[f"{manifest.id}.{ending}"] = fetched.text or ""
    if not has_changes:
        write_text("nothing changes\n")
        return 0
    if not accept and not _is_accepted():
        write_note("nothing was put in force\n")
        return REFUSED
    folder = UpdateStore().put(texts)
    write_text(f"in force from {folder}; `ai-lib update --undo` takes it back\n")
    return 0


def undo_update() -> int:
    """Take the last update out of force; return 0. Raises ProtocolError when there is none."""
    store = UpdateStore()
    current = store.find_current()
    before = {path.stem: _find_in_force(path.stem) for path in current.iterdir()} if current else {}
    store.undo()
    for provider, undone in before.items():
        in_force = _find_in_force(provider)
        changes = compare_manifests(undone.raw if undone else {}, in_force.raw if in_force else {})
        if changes:
            write_text(f"{provider}, from {in_force.source if in_force else 'nowhere'}:\n")
        for change in changes:
            write_text(f"  {change}\n")
    write_text("the last update is undone\n")
    return 0


async def _fetch(address: str, digest: str) -> ManifestDocument:
    """Return a document that is what its digest says."""
    parsed_digest = _DIGEST.fullmatch(digest)
    if parsed_digest is None:
        raise ProtocolError(
            f"--digest must be a SHA-256, 64 hexadecimal digits, not {digest!r:.99}"
        )
    # A digest says what the text is, whoever sends it: this machine may send it in the clear.
    location = parse_address(address, pins={"": digest}, allow_loopback=True)
    response = await fetch_manifest(location.url, limit=MAX_BYTES, seconds=_SECONDS)
    if response.status != 200:
        raise ProtocolError(
            f"{location.url}: answered {response.status}, not a manifest", source=location.url
        )
    try:
        text = response.body.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{location.url}: is not UTF-8 text", source=location.url) from error
    check_digest(text, location.url, parsed_digest[1])
    document = read_text(text, location.url)
    return ManifestDocument(document=document, source=location.url, origin="updated", text=text)


def _write_changes(manifest: ProtocolManifest) -> bool:
    """Write what a manifest changes for its provider; return whether it changes anything."""
    in_force = _find_in_force(manifest.id)
    description = f"in place of {in_force.source}" if in_force else "a new provider"
    changes = compare_manifests(in_force.raw if in_force else {}, manifest.raw)
    if changes:
        write_text(f"{manifest.id}, from {manifest.source}, {description}:\n")
    for change in changes:
        write_text(f"  {change}\n")
    return bool(changes)


def _is_accepted() -> bool:
    if not sys.stdin.isatty():
        write_note("pass --yes to put this in force without being asked\n")
        return False
    write_note("It decides where prompts and keys are sent. Put it in force? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _find_in_force(provider: str) -> ProtocolManifest | None:
    """Return the manifest in force of a provider, or None where it has none that can be used."""
    try:
        return ManifestCatalog().load(provider).manifest
    except ProtocolError:
        return None
