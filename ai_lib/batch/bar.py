"""A progress bar on stderr, by tqdm or rich where one is installed, else as plain lines."""

import sys
from typing import Any, Protocol


class Bar(Protocol):
    """Shows how many items are done."""

    def show(self, done: int) -> None:
        """So many are done."""

    def close(self) -> None:
        """No more come."""


def bar_for(total: int | None) -> Bar:
    """Return a bar for `total` items, None when their number is not known."""
    try:
        return _Tqdm(total)
    except ImportError:
        pass
    try:
        return _Rich(total)
    except ImportError:
        return _Lines(total)


class _Tqdm:
    def __init__(self, total: int | None) -> None:
        from tqdm import tqdm

        self._bar: Any = tqdm(total=total, file=sys.stderr)

    def show(self, done: int) -> None:
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        self._bar.close()


class _Rich:
    def __init__(self, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._bar: Any = Progress(console=Console(file=sys.stderr))
        self._task = self._bar.add_task("", total=total)
        self._bar.start()

    def show(self, done: int) -> None:
        self._bar.update(self._task, completed=done)

    def close(self) -> None:
        self._bar.stop()


class _Lines:
    """Writes a line at each twentieth of the way, or at each hundredth item."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._step = max(1, total // 20) if total else 100
        self._shown = self._done = 0

    def show(self, done: int) -> None:
        self._done = done
        if done >= self._shown + self._step or done == self._total:
            self._write()

    def close(self) -> None:
        if self._done != self._shown:
            self._write()

    def _write(self) -> None:
        self._shown = self._done
        of = f"/{self._total}" if self._total is not None else ""
        sys.stderr.write(f"{self._done}{of} done\n")
