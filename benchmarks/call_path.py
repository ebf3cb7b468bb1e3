"""The way of one plain call, measured: `python -m benchmarks.call_path`.

A blocking client makes its second call to a loopback server, over a connection that was kept alive.
Counted are the frames between the public `execute` and the write to the socket, and the files of
ours that are entered until then and in the whole call.
"""

import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from ai_lib_sync import AiClient
from benchmarks.loopback import PLAIN_BODY, serve_bodies

_PACKAGES = tuple(
    str(Path(__file__).parent.parent / package) + "/" for package in ("ai_lib", "ai_lib_sync")
)
_WRITES = frozenset({"send", "sendall", "sendmsg"})


@dataclass
class CallPath:
    """What one call went through: `frames` outermost first, `calls` the functions of ours."""

    frames: list[str] = field(default_factory=list)
    files_to_write: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    calls: int = 0

    def observe(self, frame: FrameType, event: str, arg: object) -> None:
        """Take in one event of `sys.setprofile`."""
        if event == "call":
            file = frame.f_code.co_filename
            if file.startswith(_PACKAGES):
                self.files.add(file)
                self.calls += 1
        elif event == "c_call" and not self.frames and _is_socket_write(arg):
            self.frames = _own_frames(frame)
            self.files_to_write = set(self.files)


def _is_socket_write(function: object) -> bool:
    owner = getattr(function, "__self__", None)
    return isinstance(owner, socket.socket) and getattr(function, "__name__", "") in _WRITES


def _own_frames(frame: FrameType | None) -> list[str]:
    frames: list[str] = []
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(_PACKAGES):
            module = code.co_filename.partition("ai_lib")[2]
            frames.append(f"ai_lib{module}:{frame.f_lineno} {code.co_name}")
        frame = frame.f_back
    return frames[::-1]


def measure_call_path() -> CallPath:
    """Return the way of the second plain call of a blocking client."""
    path = CallPath()
    with serve_bodies(PLAIN_BODY) as url:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(url)
        with builder.build() as client:
            client.chat().user("Hello").execute()
            sys.setprofile(path.observe)
            try:
                client.chat().user("Hello").execute()
            finally:
                sys.setprofile(None)
    return path


def main() -> None:
    """Print the three numbers; with `-v` also what they count."""
    path = measure_call_path()
    print(f"frames from execute() to the socket write: {len(path.frames)}")
    print(f"files entered until the socket write: {len(path.files_to_write)}")
    print(f"files entered by the whole call: {len(path.files)}")
    if "-v" in sys.argv:
        print(f"functions called: {path.calls}", *path.frames, sep="\n")
        for file in sorted(path.files):
            print("  " if file in path.files_to_write else "+ ", file)


if __name__ == "__main__":
    main()
