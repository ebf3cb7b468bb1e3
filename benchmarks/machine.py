"""The machine measured on: what it is, how busy it is, and which core does what."""

import os
import platform
import re
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent


def cores() -> list[int]:
    """Return the cores this process may use; none where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def pinned() -> dict[str, int]:
    """Return the core of the client and that of the server; nothing where there is only one."""
    found = cores()
    return {"client": found[0], "server": found[1]} if len(found) > 1 else {}


def pin(role: str) -> None:
    """Keep this process on its role's core, where the system lets it."""
    place = pinned()
    if role in place:
        os.sched_setaffinity(0, {place[role]})


def load() -> float | None:
    """Return the load average of the last minute."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def pace() -> float:
    """Return the milliseconds of CPU that a fixed loop takes: what absolute figures scale with.

    On a machine that others use as well it varies, for a core's caches and clock are shared.
    """
    began = time.process_time()
    total = 0
    for number in range(1_000_000):
        total += number
    return round((time.process_time() - began) * 1000, 1)


def processor() -> str:
    """Return the processor's name."""
    with suppress(OSError):
        if named := re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text()):
            return named[1]
    return platform.processor() or platform.machine()


def described() -> dict[str, object]:
    """Return the machine as the report states it."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "pinned": pinned(),
    }


class Memory:
    """This process's resident memory, in bytes; 0 where the system does not say."""

    def peak(self) -> int:
        """Return the most it was since `forget_peak`."""
        return self._field("VmHWM")

    def now(self) -> int:
        """Return what it is."""
        return self._field("VmRSS")

    def forget_peak(self) -> None:
        """Begin the peak anew. `ru_maxrss` can't, and begins with that of the parent process."""
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")

    def _field(self, name: str) -> int:
        with suppress(OSError):
            if found := re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text()):
                return int(found[1]) * 1024
        return 0
