"""Text that is not to be shown."""


class Secret(str):
    """A key: text like any other, but for its `repr`, which is what tracebacks and logs show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"
