"""A clock that stands still until someone sleeps on it."""

from ai_lib._runtime.backend import checkpoint


class FakeClock:
    """Sleeping moves it on at once; `slept` lists for how long each time."""

    def __init__(self, at: float = 1000.0) -> None:
        self.at = at
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds
        await checkpoint()
