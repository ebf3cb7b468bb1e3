"""Makes the pictures of the documentation: `python -m tests.documents.screenshots`.

It needs Chromium and, for the notebook, a kernel. Look at what it makes before it is committed.
"""

import html
import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image

from ai_lib.testing import Reply
from tests.cli.browser import Browser
from tests.cli.test_conversation import Terminal
from tests.cli.test_page import Front, open_page
from tests.notebook.cells import executed
from tests.testing.wire import MockServer

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"
_COLORS: Final = 48
_ANSWER: Final = """\
One program can, because what differs between providers is **data**:

1. a *manifest* for each provider
2. a *dialect* for each family of APIs

```python
client = AiClient.create("anthropic/claude-sonnet-5-5")
```
"""
_CELLS: Final = {
    "start": "from ai_lib_sync.testing import MockProvider, Reply\n"
    "mock = MockProvider([Reply(text='**4**, as always.')]).start()\n"
    "client = mock.client('openai/gpt-5.4-mini')",
    "answer": "client.chat().user('What is 2+2?').execute()",
    "error": "mock.enqueue(Reply(status=403, error='Not for this key.'))\n"
    "client.chat().user('And 3+3?').execute()",
}
_STYLE: Final = """\
body { margin: 0; padding: 18px; font: 15px/1.5 system-ui, sans-serif; width: 864px; }
body { background: #fff; color: #1f2328; }
pre { font: 13.5px/1.5 ui-monospace, Menlo, Consolas, monospace; margin: 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.cell { border: 1px solid #d9dce0; border-left: 4px solid #0b6e63; border-radius: 4px; }
.cell { padding: 8px 12px; background: #f6f7f8; margin: 12px 0 6px; }
.shown { padding: 0 14px; }
table { border-collapse: collapse; } td, th { padding: 2px 8px; }
"""
_TERMINAL: Final = """\
body { background: #16181c; color: #e6e6e3; padding: 18px; margin: 0; width: 864px; }
pre { font: 14px/1.5 ui-monospace, Menlo, Consolas, monospace; margin: 0; white-space: pre-wrap; }
"""


@contextmanager
def open_browser(size: tuple[int, int], *, is_dark: bool = False) -> Iterator[Browser]:
    """Give a browser with a window of that size."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(Path(folder), size=size)
        try:
            width, height = size
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1}
            is_phone = width < 500
            browser.call("Emulation.setDeviceMetricsOverride", **metrics, mobile=is_phone)
            scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
            browser.call("Emulation.setEmulatedMedia", features=[scheme])
            yield browser
        finally:
            browser.close()


def save(browser: Browser, name: str, *, whole: bool = False) -> None:
    """Save a picture with few colors, so that it is small."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        browser.picture(path, whole=whole)
        picture = Image.open(io.BytesIO(path.read_bytes())).convert("RGB")
    FOLDER.mkdir(exist_ok=True)
    small = picture.quantize(_COLORS, dither=Image.Dither.NONE)
    small.save(FOLDER / f"{name}.png", optimize=True)


def show_page() -> None:
    """Make the pictures of the page: desktop, phone, dark with two models."""
    sizes = {"page": (1000, 640), "page-phone": (390, 720), "page-dark": (1000, 640)}
    for name, size in sizes.items():
        front = Front()
        front.service.enqueue([Reply(text=_ANSWER, thinking="The short version.")] * 2)
        is_dark = name == "page-dark"
        try:
            with open_browser(size, is_dark=is_dark) as browser:
                open_page(browser, f"{front.address}?model=anthropic/claude-sonnet-5-5")
                if is_dark:
                    browser.click("#compare")
                    browser.value(
                        "document.getElementById('second').value = 'mock openai/gpt-5.4-mini'"
                    )
                browser.click("#examples button")
                count = 2 if is_dark else 1
                browser.wait_for(f"document.querySelectorAll('.figures').length === {count}")
                browser.value("document.activeElement.blur()")
                save(browser, name)
        finally:
            front.close()


def show_conversation() -> None:
    """Make the picture of a conversation in the terminal."""
    server = MockServer()
    texts = ["2, 3, 5, 7 and 11.", "13."]
    server.service.enqueue([Reply(text=text) for text in texts])
    options = ["--base-url", f"http://127.0.0.1:{server.server.port}/openai", "--plain"]
    with tempfile.TemporaryDirectory() as home:
        terminal = Terminal("ai_lib", "chat", "openai/gpt-5.4-mini", *options, AI_LIB_HOME=home)
        try:
            for entry, shown in (
                ("Which are the first five primes?", texts[0]),
                ("And the next one?", texts[1]),
                ("/cost", "2 answers"),
                ("/model anthropic/claude-sonnet-5-5", "the model is"),
            ):
                terminal.wait_for("> ")
                terminal.type(f"{entry}\n")
                terminal.wait_for(shown)
            terminal.wait_for("> ")
            terminal.type("/quit\n")
            terminal.close()
        finally:
            server.server.stop()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.shown).replace("\r", "")
    command = "$ ai-lib chat openai/gpt-5.4-mini\n"
    show(f"<style>{_TERMINAL}</style><pre>{html.escape(command + text)}</pre>", "conversation")


def show_notebook() -> None:
    """Make the picture of a notebook: an answer, and an error."""
    shown, _ = executed(_CELLS, allow_errors=True)
    parts = [f"<style>{_STYLE}</style>"]
    for name, source in _CELLS.items():
        parts.append(f'<pre class="cell">{html.escape(source)}</pre>')
        outputs = map(_write_output, shown[name].outputs)
        parts += [f'<div class="shown">{output}</div>' for output in outputs]
    show("".join(parts), "notebook")


def _write_output(output: Any) -> str:
    if output["output_type"] == "error":
        text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))
        text = re.sub(r"/\S*/(site-packages|ipykernel_\d+)/", "", text)
        return f"<pre>{html.escape(text)}</pre>"
    data = output.get("data", {})
    if "text/html" in data:
        return str(data["text/html"])
    text = data.get("text/markdown") or data.get("text/plain") or output.get("text", "")
    lines = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html.escape(text))
    lines = lines.replace("&lt;small&gt;", "<small>").replace("&lt;/small&gt;", "</small>")
    return f'<div style="white-space: pre-wrap">{lines}</div>'


def show(page: str, name: str) -> None:
    """Make the picture of a page that is given as text."""
    with tempfile.TemporaryDirectory() as folder, open_browser((900, 300)) as browser:
        path = Path(folder) / "page.html"
        path.write_text(f'<!doctype html><meta charset="utf-8">{page}', encoding="utf-8")
        browser.go(path.as_uri())
        browser.wait_for("document.readyState === 'complete' && document.body.innerText.length > 9")
        height = int(browser.value("document.documentElement.scrollHeight"))
        metrics = {"width": 900, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.call("Emulation.setDeviceMetricsOverride", **metrics)
        save(browser, name)


if __name__ == "__main__":
    show_page()
    show_conversation()
    show_notebook()
