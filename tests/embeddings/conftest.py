"""Servers that a test scripts; they are closed when the test ends."""

from tests.servers.fixtures import Serve as Serve, serve as serve
