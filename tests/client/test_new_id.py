"""The names of calls."""

import uuid

from ai_lib.client.target.target import new_id


def test_an_id_is_a_random_uuid_as_uuid_writes_it() -> None:
    found = [new_id() for _ in range(1000)]

    assert len(set(found)) == 1000
    for text in found:
        read = uuid.UUID(text)
        assert (str(read), read.version, read.variant) == (text, 4, uuid.RFC_4122)
