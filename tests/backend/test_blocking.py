"""What only the blocking package has to take care of: sockets, threads, name look-ups."""

import socket
import threading
from functools import partial

import pytest

from ai_lib_sync._backend import (
    CancelScope,
    deadline,
    now,
    resolve,
    run_all,
    wait_readable,
    wait_writable,
)


def test_a_deadline_holds_over_many_short_reads() -> None:
    ours, theirs = socket.socketpair()
    stop = threading.Event()

    def trickle() -> None:
        while not stop.wait(0.01):
            theirs.send(b".")

    thread = threading.Thread(target=trickle)
    thread.start()
    began = now()
    with pytest.raises(TimeoutError), deadline(0.1):
        while wait_readable(ours, 5):
            ours.recv(100)
    assert now() - began < 1
    stop.set()
    thread.join()
    ours.close()
    theirs.close()


def test_a_cancelled_scope_wakes_whoever_waits_for_a_socket() -> None:
    ours, theirs = socket.socketpair()
    scope = CancelScope()
    timer = threading.Timer(0.05, scope.cancel)
    timer.start()
    began = now()
    with scope:
        wait_readable(ours)
    assert scope.cancelled
    assert now() - began < 0.5
    timer.join()
    ours.close()
    theirs.close()


def test_waiting_for_a_socket_ends_in_time() -> None:
    ours, theirs = socket.socketpair()
    assert not wait_readable(ours, 0.01)
    assert wait_writable(ours, 0.01)
    theirs.send(b"x")
    assert wait_readable(ours, 0.01)
    ours.close()
    theirs.close()


def test_a_slow_name_look_up_ends_with_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    found = threading.Event()
    real = socket.getaddrinfo

    def slow(host: str, port: int, **options: int) -> object:
        if not options.get("flags"):
            found.wait(10)
        return real(host, port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    began = now()
    with pytest.raises(TimeoutError), deadline(0.05):
        resolve("localhost", 80)
    assert now() - began < 0.5
    found.set()


def test_a_name_and_an_address_resolve() -> None:
    assert resolve("127.0.0.1", 80) == [(socket.AF_INET, ("127.0.0.1", 80))]
    assert ("127.0.0.1", 80) in [address for _, address in resolve("localhost", 80)]
    with pytest.raises(socket.gaierror):
        resolve("nowhere.invalid", 80)


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    run_all([int] * 20, 8)
    with pytest.raises(ValueError):
        run_all([partial(int, text) for text in "12x3"] * 5, 8)
    assert threading.active_count() == before
