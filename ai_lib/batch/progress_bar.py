"""Progress bars: in a notebook's cell or on stderr, by whichever package is installed."""

import sys
import uuid
from importlib.util import find_spec
from typing import Any, Protocol

from ai_lib.types.markup.notebook import find_notebook, publish


class ProgressBar(Protocol):
    """Shows how many items are finished."""

    def show(self, count: int) -> None:
        """Show that `count` items are finished."""

    def close(self) -> None:
        """End the bar."""


def make_progress_bar(total: int | None) -> ProgressBar:
    """Return a bar for `total` items; None stands for an unknown number.

    In a notebook it is tqdm's widget where tqdm and ipywidgets are installed, or else an HTML bar.
    On stderr it is a bar of tqdm, of rich, or plain lines.
    """
    if find_notebook() is not None:
        has_widgets = find_spec("tqdm") and find_spec("ipywidgets")
        return _WidgetBar(total) if has_widgets else _HtmlBar(total)
    try:
        return _TqdmBar(total)
    except ImportError:
        pass
    try:
        return _RichBar(total)
    except ImportError:
        return _LineBar(total)


class _TqdmBar:
    def __init__(self, total: int | None) -> None:
        from tqdm import tqdm

        self._bar: Any = tqdm(total=total, file=sys.stderr)

    def show(self, count: int) -> None:
        self._bar.update(count - self._bar.n)

    def close(self) -> None:
        self._bar.close()


class _WidgetBar(_TqdmBar):
    def __init__(self, total: int | None) -> None:
        from tqdm.notebook import tqdm

        self._bar = tqdm(total=total)


class _HtmlBar:
    """Rewrites one output of the cell after each hundredth of the items."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._id = uuid.uuid4().hex
        self._shown_count = self._count = -1
        self.show(0)

    def show(self, count: int) -> None:
        self._count = count
        step = max(1, (self._total or 0) // 100)
        if self._shown_count < 0 or count >= self._shown_count + step or count == self._total:
            self._write()

    def close(self) -> None:
        if self._count != self._shown_count:
            self._write()

    def _write(self) -> None:
        total_text = f" of {self._total:,}" if self._total is not None else ""
        text = f"{self._count:,}{total_text} done"
        limits = f' value="{self._count}" max="{self._total}"' if self._total else ""
        data = {"text/html": f"<progress{limits}></progress> {text}", "text/plain": text}
        publish(data, self._id, update=self._shown_count >= 0)
        self._shown_count = self._count


class _RichBar:
    def __init__(self, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._bar: Any = Progress(console=Console(file=sys.stderr))
        self._task = self._bar.add_task("", total=total)
        self._bar.start()

    def show(self, count: int) -> None:
        self._bar.update(self._task, completed=count)

    def close(self) -> None:
        self._bar.stop()


class _LineBar:
    """Writes a line after each twentieth of the items, or after every hundredth item."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._step = max(1, total // 20) if total else 100
        self._shown_count = self._count = 0

    def show(self, count: int) -> None:
        self._count = count
        if count >= self._shown_count + self._step or count == self._total:
            self._write()

    def close(self) -> None:
        if self._count != self._shown_count:
            self._write()

    def _write(self) -> None:
        self._shown_count = self._count
        total_text = f"/{self._total}" if self._total is not None else ""
        sys.stderr.write(f"{self._count}{total_text} done\n")
