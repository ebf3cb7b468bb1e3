"""A progress bar: in a notebook's cell, else on stderr, by what is installed for it."""

import sys
import uuid
from importlib.util import find_spec
from typing import Any, Protocol

from ai_lib.types.markup.notebook import notebook, publish


class ProgressBar(Protocol):
    """Shows how many items are done."""

    def show(self, done: int) -> None:
        """So many are done."""

    def close(self) -> None:
        """No more come."""


def bar_for(total: int | None) -> ProgressBar:
    """Return a bar for `total` items, None when their number is not known.

    In a notebook it is tqdm's widget where tqdm and ipywidgets are installed, else an HTML bar that
    needs neither; on stderr it is by tqdm, by rich, or plain lines.
    """
    if notebook() is not None:
        both = find_spec("tqdm") and find_spec("ipywidgets")
        return _Widget(total) if both else _Html(total)
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


class _Widget(_Tqdm):
    def __init__(self, total: int | None) -> None:
        from tqdm.notebook import tqdm

        self._bar = tqdm(total=total)


class _Html:
    """Rewrites one output of the cell, at each hundredth of the way."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._id = uuid.uuid4().hex
        self._shown = self._done = -1
        self.show(0)

    def show(self, done: int) -> None:
        self._done = done
        step = max(1, (self._total or 0) // 100)
        if self._shown < 0 or done >= self._shown + step or done == self._total:
            self._write()

    def close(self) -> None:
        if self._done != self._shown:
            self._write()

    def _write(self) -> None:
        of = f" of {self._total:,}" if self._total is not None else ""
        text = f"{self._done:,}{of} done"
        limits = f' value="{self._done}" max="{self._total}"' if self._total else ""
        data = {"text/html": f"<progress{limits}></progress> {text}", "text/plain": text}
        publish(data, self._id, again=self._shown >= 0)
        self._shown = self._done


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
