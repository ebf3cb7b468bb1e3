"""The promises of the shared conftest.py hold."""

import os
import socket

import pytest


def test_no_test_can_reach_the_network() -> None:
    with socket.socket() as sock, pytest.raises(RuntimeError, match="tried to reach"):
        sock.connect(("192.0.2.1", 443))


def test_a_server_on_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_no_key_of_the_machine_is_seen() -> None:
    assert [name for name in os.environ if name.endswith("_API_KEY")] == []
