"""Programs that tests start."""

import signal


def heed_interrupts() -> None:
    """Let a program that is about to start be interrupted, as `preexec_fn`.

    What was started in the background by a shell ignores interrupts, and so would its children.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
