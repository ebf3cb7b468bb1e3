"""How a notebook shows an error: what went wrong first, and of our own frames only the number."""

import traceback


def render_traceback(error: BaseException) -> list[str]:
    """Return lines: the message, then the caller's own frames."""
    own_package = (__package__ or "ai_lib").partition(".")[0]
    lines = [f"{type(error).__name__}: {error}", ""]
    hidden = 0
    for frame, line_number in traceback.walk_tb(error.__traceback__):
        name = str(frame.f_globals.get("__name__", ""))
        if name.partition(".")[0] in (own_package, f"{own_package}_sync"):
            hidden += 1
            continue
        code = frame.f_code
        lines.append(f"  {code.co_filename}:{line_number} in {code.co_name}")
    if hidden:
        lines.append(f"  and {hidden} frames of {own_package}; error.__traceback__ has them all")
    return lines
