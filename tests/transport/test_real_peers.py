"""Behind nginx, and through squid: real programs, where the machine has them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ai_lib.client import AiClient
from ai_lib.testing import MockProvider, Reply
from ai_lib.transport import HttpTransport, TransportOptions
from tests.servers.scripted import Exchange
from tests.transport.calls import PATIENT, ask_url
from tests.transport.conftest import Serve

pytestmark = pytest.mark.slow
SECONDS = 30
FOLDERS = f"{os.environ['PATH']}:/usr/sbin"
NGINX, SQUID = shutil.which("nginx", path=FOLDERS), shutil.which("squid", path=FOLDERS)
NGINX_CONF = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  keepalive_requests 3; keepalive_timeout 1;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://127.0.0.1:{upstream}; proxy_buffering off; }}
  }}
}}
"""
SQUID_CONF = """
http_port 127.0.0.1:{port}
http_access allow all
pid_filename {folder}/pid
cache_log {folder}/cache.log
access_log stdio:{folder}/access.log
cache deny all
shutdown_lifetime 0 seconds
cache_effective_user {user}
coredump_dir {folder}
pinger_enable off
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def program(command: list[str], port: int) -> Iterator[None]:
    """Run a server until the block ends; begin when it listens."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ends = time.monotonic() + SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, "the server ended"
                assert time.monotonic() < ends
        yield
    finally:
        process.terminate()
        process.wait(SECONDS)


@pytest.mark.skipif(NGINX is None, reason="there is no nginx on this machine")
@pytest.mark.parametrize("reader", ["auto", "httpcore"])
async def test_calls_behind_nginx_lose_nothing_when_it_ends_connections(
    tmp_path: Path, reader: str
) -> None:
    """Nginx closes a connection after three requests: some of them as the next one goes out."""
    async with MockProvider(choose_reply=lambda _: Reply(text=["h", "i"])) as mock:
        port, upstream = free_port(), mock.base_url("openai").split(":")[2].split("/")[0]
        conf = tmp_path / "nginx.conf"
        conf.write_text(NGINX_CONF.format(folder=tmp_path, port=port, upstream=upstream))
        command = [str(NGINX), "-c", str(conf), "-p", str(tmp_path), "-e", str(tmp_path / "e")]
        path = mock.base_url("openai").partition(upstream)[2]
        with program(command, port):
            async with HttpTransport(TransportOptions(reader=reader)) as transport:  # type: ignore[arg-type]
                builder = AiClient.builder().model("openai/gpt-4o").api_key("k")
                builder.base_url(f"http://127.0.0.1:{port}{path}").transport(transport)
                client = await builder.build()
                for _ in range(50):
                    assert (await client.chat().user("?").execute()).content == "hi"
                    text = ""
                    async for event in client.chat().user("?").stream():
                        text += event.as_content_delta.text if event.is_content_delta else ""
                    assert text == "hi"


def configure_squid(folder: Path, port: int) -> Path:
    """Write squid's configuration; run by root, it becomes another user, who must get there."""
    user = "proxy" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
    folder.chmod(0o777)
    for parent in folder.parents[:2]:
        parent.chmod(0o755)
    conf = folder / "squid.conf"
    conf.write_text(SQUID_CONF.format(folder=folder, port=port, user=user))
    return conf


@pytest.mark.skipif(SQUID is None, reason="there is no squid on this machine")
async def test_calls_go_through_squid(
    tmp_path: Path, serve: Serve, tls_serve: Serve, bundle: str
) -> None:
    def ok(exchange: Exchange) -> None:
        exchange.reply(b"ok")

    port, servers = free_port(), (serve(ok), tls_serve(ok))
    with program([str(SQUID), "-N", "-f", str(configure_squid(tmp_path, port))], port):
        options = TransportOptions(ca_bundle=bundle, proxy=f"http://127.0.0.1:{port}")
        async with HttpTransport(options) as transport:
            for server in servers:
                for _ in range(20):
                    async with await transport.send(ask_url(f"{server.url}/"), PATIENT) as reply:
                        assert await reply.read() == b"ok"
    lines = (tmp_path / "access.log").read_text()
    for server in servers:
        assert server.url.partition("//")[2] in lines
