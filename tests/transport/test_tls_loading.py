"""An event loop does not wait for certificates to be read."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path

import pytest
import trustme

from ai_lib.transport import TransportOptions
from tests.transport.conftest import Serve
from tests.transport.test_networks import call, ok

pytestmark = pytest.mark.async_only  # a thread that blocks reads them itself


async def test_certificates_are_loaded_off_the_event_loop(
    tls_serve: Serve, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[int] = []
    load = ssl.SSLContext.load_verify_locations

    def record(context: ssl.SSLContext, *arguments: str, **named: str) -> None:
        loads.append(threading.get_ident())
        load(context, *arguments, **named)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", record)
    file = tmp_path / "own.pem"
    file.write_bytes(authority.cert_pem.bytes())
    server = tls_serve(ok)
    assert await call(TransportOptions(ca_bundle=str(file)), server.url) == b"ok"
    assert loads
    assert threading.get_ident() not in loads
