"""What a forked child makes anew: locks that other threads held, and all that is the parent's.

Only the thread that forks lives on in the child. A lock that another thread held there would stay
locked for ever, and a connection would carry the answers of two processes.
"""

import os
from socket import socket
from threading import Lock, RLock
from typing import Any, ClassVar, Final, NoReturn
from weakref import ref

from ai_lib.errors.exceptions import PicklingError

# How many forks lie between this process and the one that imported the library. What is made
# before a fork and ended after it has another number, and is the parent's.
generation = 0

_LOCKS: Final = {type(Lock()): Lock, type(RLock()): RLock}


class LocalState:
    """State of one process, which no pickle carries elsewhere. `advice` says what to do instead."""

    advice: ClassVar[str] = "make one in each process"

    def __reduce__(self) -> NoReturn:
        raise PicklingError(
            f"{type(self).__name__} belongs to this process and can't be pickled or copied: "
            f"{self.advice}"
        )


class ForkedState(LocalState):
    """State that a forked child makes anew, once it was given to `renew_after_fork`.

    By itself it renews the locks among its attributes, and what is renewable among them.
    """

    def renew_in_child(self) -> None:
        """Make anew what the child must not share. It runs in the child, which has one thread."""
        renew_locks(self)


class SuspendedState(ForkedState):
    """State that must be put away while the process forks; give it to `suspend_at_fork`."""

    def suspend(self) -> None:
        """Put it away, before the fork."""

    def resume(self) -> None:
        """Take it up again, in the parent."""


# Sets of references, for copying them is one step: other threads may add to them meanwhile.
_renewables: Final[set[ref[ForkedState]]] = set()
_suspendables: Final[set[ref[SuspendedState]]] = set()
_inherited: Final[list[object]] = []


def renew_after_fork(renewable: ForkedState) -> None:
    """Let a forked child make this anew, as long as it lives."""
    _renewables.add(ref(renewable, _renewables.discard))


def suspend_at_fork(suspendable: SuspendedState) -> None:
    """Let this be put away before each fork, and made anew in the child."""
    _suspendables.add(ref(suspendable, _suspendables.discard))
    renew_after_fork(suspendable)


def renew_locks(owner: object) -> None:
    """Replace the locks among an object's attributes, and renew what is renewable there."""
    for name, value in list(vars(owner).items()):
        if isinstance(value, ForkedState):
            value.renew_in_child()
        elif type(value) in _LOCKS:
            setattr(owner, name, _LOCKS[type(value)]())


def keep_inherited(inherited: object) -> None:
    """Keep what is the parent's until the process ends: its finalizer would act on it."""
    _inherited.append(inherited)


def close_inherited(sock: object) -> None:
    """Close a socket's descriptor in this process, and do nothing else to the connection.

    The peer does not hear of it, nor does the parent's event loop. A descriptor that its owner is
    going to close once more, as uvloop does, becomes one of the null device.
    """
    try:
        if isinstance(sock, socket):
            descriptor = sock.detach()
            if descriptor >= 0:
                os.close(descriptor)
            return
        descriptor = _get_descriptor(sock)
        if descriptor >= 0:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, descriptor, inheritable=False)
            os.close(null)
    except OSError:  # it is closed
        return


def _get_descriptor(sock: Any) -> int:
    descriptor: int = sock.fileno()  # asyncio and uvloop have sockets of their own
    return descriptor


def _list_suspendables() -> list[SuspendedState]:
    living = [suspendable for reference in list(_suspendables) if (suspendable := reference())]
    return sorted(living, key=id)  # the same order in every thread that forks


def _suspend_all() -> None:
    for suspendable in _list_suspendables():
        suspendable.suspend()


def _resume_all() -> None:
    for suspendable in _list_suspendables():
        suspendable.resume()


def _renew_all() -> None:
    global generation
    generation += 1
    # All are held until the last is renewed: a finalizer must find renewed locks.
    renewables = [renewable for reference in list(_renewables) if (renewable := reference())]
    for renewable in renewables:
        renewable.renew_in_child()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(before=_suspend_all, after_in_parent=_resume_all, after_in_child=_renew_all)
