"""A scripted server for each test that asks for one."""

from tests.servers.fixtures import Serve as Serve, serve as serve
