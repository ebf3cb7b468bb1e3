"""Reads the exchanges of a cassette as questions that the page can ask again."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from ai_lib.errors.exceptions import AiLibError, RequestError
from ai_lib.testing.cassettes.cassette import Exchange, read_cassette
from ai_lib.testing.mock.providers import MockedProvider, MockProviders
from ai_lib.testing.mock.request_reader import read_request


class RecordedExchange(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded chat: the model and API family that were asked, and the last question."""

    model: str
    question: str
    family: str | None
    exchange: Exchange


def read_recordings(path: str) -> tuple[RecordedExchange, ...]:
    """Return the chats of a cassette.

    Raises:
        RequestError: it can't be read, or has no chat that a known provider answers.
    """
    providers = MockProviders(())
    recordings = [
        recording
        for exchange in read_cassette(path)
        if (recording := _read_exchange(providers, exchange)) is not None
    ]
    if not recordings:
        raise RequestError(f"{path} has no chat with a provider that is known here")
    return tuple(recordings)


def _read_exchange(providers: MockProviders, exchange: Exchange) -> RecordedExchange | None:
    if not isinstance(exchange.body, dict) or not exchange.status:
        return None
    for provider, path in _list_candidates(providers, exchange):
        family = provider.find_family(path)
        plain_match, stream_match = family.match_chat(path)
        match = stream_match or plain_match
        if match is None:
            continue
        parsed = read_request(
            family.dialect,
            family.serve,
            exchange.body,
            model=match.groupdict().get("model"),
            streamed=stream_match is not None,
            reasoning=family.reasoning,
        )
        texts = [message.text for message in parsed.messages if message.role == "user"]
        return RecordedExchange(
            model=f"{provider.manifest.id}/{parsed.model}",
            question=texts[-1] if texts else "",
            family=_find_family_name(provider, family),
            exchange=exchange,
        )
    return None


def _list_candidates(
    providers: MockProviders, exchange: Exchange
) -> Iterator[tuple[MockedProvider, str]]:
    """Yield the providers of an exchange's host, then the one that its path begins with."""
    first, _, path = exchange.path.lstrip("/").partition("/")
    for name in (*providers.names, first):
        try:
            provider = providers.find(name)
        except AiLibError:
            continue
        address = urlsplit(provider.manifest.base_url)
        if address.netloc == exchange.host and exchange.path.startswith(address.path):
            yield provider, exchange.path.removeprefix(provider.root)
        elif name == first:
            yield provider, f"/{path}".removeprefix(provider.root)


def _find_family_name(provider: MockedProvider, family: MockedProvider) -> str | None:
    for name in provider.manifest.api_families:
        compiled = provider.compiled.find_family(name)
        if compiled.dialect.dialect == family.dialect.dialect:
            return name
    return None
