"""`ai-lib keys`: sets, lists and removes providers' keys in the system's keyring."""

import argparse
import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from ai_lib.cli.output import find_width, format_table, write_problem, write_text
from ai_lib.errors.exceptions import ProtocolError, RequestError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.transport.credentials.lookup import KEYRING_SERVICES, describe_credential

_USAGE_ERROR = 2


def run_keys(parsed: argparse.Namespace) -> int:
    """List where keys are found, or set or remove one; return the exit code. No key is shown.

    Raises:
        AiLibError: there is no such provider, or the keyring can't be used.
    """
    if parsed.action == "list":
        return _list_keys(parsed.provider)
    if parsed.provider is None:
        write_problem(f"name the provider: ai-lib keys {parsed.action} PROVIDER")
        return _USAGE_ERROR
    manifest = ManifestCatalog().load(parsed.provider).manifest
    keyring = _load_keyring()
    try:
        return _set_key(keyring, manifest) if parsed.action == "set" else _remove(keyring, manifest)
    except keyring.errors.KeyringError as error:
        raise RequestError(f"the keyring can't be used: {error}") from error


def _load_keyring() -> ModuleType:
    if find_spec("keyring") is None:
        raise RequestError("keys are kept by the package keyring: install ai-lib[keyring]")
    import_module("keyring.errors")
    return import_module("keyring")


def _list_keys(name: str | None) -> int:
    catalog = ManifestCatalog()
    rows = []
    for provider in [name] if name else catalog.list_providers():
        try:
            manifest = catalog.load(provider).manifest
        except ProtocolError as error:
            write_problem(error)
            continue
        report = describe_credential(manifest)
        variables = " or ".join((*report.required, *report.conventional[:1]))
        texts = {
            "available": report.source_name or "found",
            "missing": f"missing: {variables}",
            "not needed": "not needed",
        }
        rows.append({"provider": manifest.id, "key": texts[report.status]})
    write_text(format_table(("provider", "key"), rows, width=find_width()))
    return 0 if rows else 1


def _set_key(keyring: ModuleType, manifest: ProtocolManifest) -> int:
    key = _read_key(manifest.id)
    if not key:
        write_problem("no key was given; nothing is changed")
        return _USAGE_ERROR
    keyring.set_password(KEYRING_SERVICES[0], manifest.id, key)
    write_text(f"the key of {manifest.id} is in the keyring\n")
    report = describe_credential(manifest)
    if report.source_kind != "keyring" and report.source_name:
        write_problem(f"{report.source_name} is set, and comes before the keyring")
    return 0


def _read_key(provider: str) -> str:
    """Return the key that is typed without being shown, or the first line of a pipe."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    from getpass import getpass

    try:
        return getpass(f"key of {provider} (it is not shown): ").strip()
    except EOFError:
        return ""


def _remove(keyring: ModuleType, manifest: ProtocolManifest) -> int:
    has_key = False
    for service in KEYRING_SERVICES:
        if keyring.get_password(service, manifest.id) is not None:
            keyring.delete_password(service, manifest.id)
            has_key = True
    if not has_key:
        write_problem(f"the keyring has no key of {manifest.id}")
        return 1
    write_text(f"the key of {manifest.id} is removed\n")
    return 0
