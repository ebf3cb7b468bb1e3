# Generated from ai_lib/distributed/topology.py by codegen; do not edit.
"""Finds the servers of a cluster, and the one that sentinels name."""

from __future__ import annotations

import ssl

import msgspec

from ai_lib._runtime.sockets import SocketError
from ai_lib.distributed.address import ServerAddress, StoreAddress
from ai_lib.distributed.resp import ErrorReply, ProtocolViolation, Reply

from .connection import open_connection

SLOTS_COMMAND = ("CLUSTER", "SLOTS")


def find_primary(
    address: StoreAddress, tls: ssl.SSLContext | None, seconds: float
) -> ServerAddress:
    """Ask the sentinels of an address, one after the other, where its service is.

    Raises:
        SocketError, ErrorReply, ProtocolViolation: none of them knows, or answers in time.
    """
    failure: Exception | None = None
    for node in address.nodes:
        try:
            reply = _ask_sentinel(address, node, tls, seconds)
        except (SocketError, ErrorReply) as error:
            failure = error
            continue
        if isinstance(reply, list) and len(reply) == 2:
            host, port = msgspec.convert(reply, tuple[bytes, bytes])
            return ServerAddress(host.decode(), int(port))
    raise failure or ProtocolViolation(f"no sentinel knows a service named {address.service!r}")


def _ask_sentinel(
    address: StoreAddress, node: ServerAddress, tls: ssl.SSLContext | None, seconds: float
) -> Reply:
    connection = open_connection(address.for_sentinels(), node, tls, seconds)
    try:
        question = ("SENTINEL", "get-master-addr-by-name", address.service)
        return connection.request(question, seconds)
    finally:
        connection.abort()


def read_slots(reply: Reply, origin: ServerAddress) -> dict[int, ServerAddress]:
    """Return the primary of each slot from a reply to `CLUSTER SLOTS`.

    A server that does not know its own host leaves it out: it is `origin`'s, which replied.
    """
    slots: dict[int, ServerAddress] = {}
    for first, last, primary, *_ in msgspec.convert(reply, list[list[object]]):
        host, port, *_ = msgspec.convert(primary, list[object])
        name = msgspec.convert(host, bytes | None)
        node = ServerAddress(name.decode() if name else origin.host, msgspec.convert(port, int))
        numbers = range(msgspec.convert(first, int), msgspec.convert(last, int) + 1)
        slots.update(dict.fromkeys(numbers, node))
    return slots
