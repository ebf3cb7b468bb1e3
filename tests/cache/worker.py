"""A process that works on a cache file until it is killed, or through."""

import sys

from ai_lib_sync.cache import DiskCache


def main(path: str, name: str, count: str) -> None:
    """Write and read entries; say so after each of the first ones."""
    cache = DiskCache(path, max_size_bytes=1024 * 1024)
    for number in range(int(count)):
        cache.set(f"{name} {number}", [name, number, "x" * 500])
        found = cache.get(f"{name} {number}")
        assert found is None or found == [name, number, "x" * 500], found
        if number == 20:
            sys.stdout.write("under way\n")
            sys.stdout.flush()
    cache.close()
    sys.stdout.write("through\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
