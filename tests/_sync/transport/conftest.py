# Generated from tests/transport/conftest.py by codegen; do not edit.
"""A scripted server, plain or encrypted, for each test that asks for one."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from ai_lib.transport import options
from tests.servers.fixtures import Serve as Serve, serve as serve, serve_scripts


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """The one who signed the encrypted servers' certificates."""
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    """A file that makes the authority trusted."""
    path = str(tmp_path / "bundle.pem")
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def server_side(authority: trustme.CA) -> ssl.SSLContext:
    """What an encrypted server at 127.0.0.1 shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def tls_serve(server_side: ssl.SSLContext) -> Iterator[Serve]:
    """Start encrypted servers; they are closed when the test ends."""
    with serve_scripts(server_side) as start:
        yield start


@pytest.fixture(params=["httptools", "httpcore"])
def either_reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have the test done by each of those who can read a reply; which one is returned."""
    if request.param == "httptools":
        pytest.importorskip("httptools")
    monkeypatch.setattr(options, "_has_httptools", lambda: request.param == "httptools")
    return str(request.param)
