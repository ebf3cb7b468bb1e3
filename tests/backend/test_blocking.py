"""What only the blocking package has to take care of: sockets, threads, name look-ups."""

import socket
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from ai_lib._runtime.sockets import ConnectTimeout, ReadError, ReadTimeout, SocketConnectError
from ai_lib_sync._runtime.backend import CancelScope, fail_after, run_all
from ai_lib_sync._runtime.stream import SocketStream, connect_tcp
from tests.guards import hang_guard


class Peer:
    """A listening socket and a line that was dialled to it."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.line = connect_tcp("127.0.0.1", self.port)
        self.sock, _ = self.listener.accept()

    def close(self) -> None:
        self.line.abort()
        self.sock.close()
        self.listener.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


def test_a_deadline_holds_over_many_short_reads(peer: Peer) -> None:
    stop = threading.Event()

    def trickle() -> None:
        while not stop.wait(0.01):
            peer.sock.send(b".")

    thread = threading.Thread(target=trickle)
    thread.start()
    with hang_guard():
        with pytest.raises(TimeoutError), fail_after(0.1):
            while peer.line.read(100, 5):
                pass
    stop.set()
    thread.join()


def test_a_cancelled_scope_wakes_whoever_waits_for_a_socket(peer: Peer) -> None:
    scope = CancelScope()
    timer = threading.Timer(0.05, scope.cancel)
    timer.start()
    with hang_guard():
        with scope:
            peer.line.read(100)
    assert scope.cancelled
    timer.join()


def test_hanging_up_ends_a_read_in_another_thread(peer: Peer) -> None:
    timer = threading.Timer(0.05, peer.line.abort)
    timer.start()
    assert peer.line.read(100) == b""
    timer.join()
    assert peer.sock.recv(1) == b""
    with pytest.raises(ReadError):
        peer.line.read(100)


def test_waiting_for_a_socket_ends_in_time(peer: Peer) -> None:
    for timeout in (0.01, 0.0):
        with pytest.raises(ReadTimeout):
            peer.line.read(100, timeout)
    peer.sock.send(b"x")
    assert peer.line.read(100, 5) == b"x"


def test_a_slow_name_look_up_ends_with_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    found = threading.Event()

    def slow(*_: object, **__: object) -> object:
        found.wait(10)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with hang_guard():
        with pytest.raises(TimeoutError), fail_after(0.05):
            connect_tcp("localhost", 80)
        with pytest.raises(ConnectTimeout):
            connect_tcp("localhost", 80, 0.05)
    found.set()


def test_a_connection_that_comes_too_late_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = socket.getaddrinfo, threading.Event()

    def slow(*arguments: object, **options: object) -> object:
        asked.wait(10)
        return real(*arguments, **options)  # type: ignore[arg-type]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        with pytest.raises(TimeoutError), fail_after(0.02):
            connect_tcp("127.0.0.1", listener.getsockname()[1])
        asked.set()
        sock, _ = listener.accept()
        with sock:
            sock.settimeout(10)
            assert sock.recv(1) == b""


def test_an_address_that_refuses_is_passed_over(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def several(host: str, port: int, *arguments: int, **options: int) -> object:
        hosts = ["127.0.0.2", "127.0.0.1"] if host == "several" else [host]
        return [found for each in hosts for found in real(each, port, *arguments, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", several)
    line: SocketStream = connect_tcp("several", peer.port)
    sock = line.get_extra_info("socket")
    assert isinstance(sock, socket.socket)
    assert sock.getpeername() == ("127.0.0.1", peer.port)
    line.abort()


def test_an_unknown_name_is_a_connect_error() -> None:
    with pytest.raises(SocketConnectError):
        connect_tcp("nowhere.invalid", 80)


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    run_all([int] * 20, 8)
    with pytest.raises(ValueError):
        run_all([partial(int, text) for text in "12x3"] * 5, 8)
    assert threading.active_count() == before
