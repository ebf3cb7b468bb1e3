"""The names that change with the colour, beyond those unasync knows itself."""

# unasync's own: __aenter__ and its kin, asynccontextmanager, AsyncIterable, AsyncIterator,
# AsyncGenerator, StopAsyncIteration.
RENAMES: dict[str, str] = {
    "aclose": "close",
    "handle_async_request": "handle_request",
}

# unasync's own table, which has no public name.
KNOWN_TO_UNASYNC = frozenset(
    {
        "__aenter__",
        "__aexit__",
        "__aiter__",
        "__anext__",
        "asynccontextmanager",
        "AsyncIterable",
        "AsyncIterator",
        "AsyncGenerator",
        "StopAsyncIteration",
    }
)

# Names that mean nothing in blocking code: refused until they stand in RENAMES. Any other name that
# starts with `Async` is refused as well, because unasync would make `Sync...` of it.
NEED_A_RENAME = frozenset(
    {
        "aclose",
        "aclosing",
        "aiter",
        "aiter_stream",
        "anext",
        "aread",
        "awrite",
        "enter_async_context",
        "handle_async_request",
        "push_async_callback",
        "push_async_exit",
    }
)

# The event loops and what wraps them: only the async `_runtime/backend.py` may import one.
RUNTIMES = frozenset({"anyio", "asyncio", "trio", "sniffio"})


def is_renamed(name: str) -> bool:
    """Return whether a token of this name is another one in the twin."""
    return name in RENAMES or name in KNOWN_TO_UNASYNC or starts_with_async(name)


def starts_with_async(name: str) -> bool:
    """Return whether unasync would turn the name into `Sync...`."""
    return len(name) > 5 and name.startswith("Async") and name[5].isupper()


def lacks_a_rename(name: str) -> bool:
    """Return whether the name has no meaning in blocking code and no rename that gives it one."""
    if name in RENAMES or name in KNOWN_TO_UNASYNC:
        return False
    return name in NEED_A_RENAME or starts_with_async(name)
