"""Writes the request that asks a provider for vectors."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from ai_lib.embeddings.split import EmbeddingOptions
from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.embeddings import CompiledEmbeddings, EmbeddingModel
from ai_lib.protocol.dialect.template import compile_template, fill_template
from ai_lib.protocol.manifest.capabilities import require_capabilities
from ai_lib.request.chat import attach_credential, resolve_base_url
from ai_lib.request.fragments import merge
from ai_lib.types.json import JsonDict, JsonValue
from ai_lib.types.wire import HttpRequest

_SETTABLE: Final = ("input_type", "encoding", "truncate")


class EmbeddingWriter:
    """Writes requests for vectors to one model; `adaptations` lists what it left out.

    Raises:
        CapabilityError: the manifest declares no embeddings, or its dialect has none.
        RequestError: the model has no vectors of the length asked for, or the provider no such
            encoding.
    """

    def __init__(self, compiled: CompiledManifest, model: str, options: EmbeddingOptions) -> None:
        self.shape = _section(compiled, model)
        self._compiled = compiled
        self._model = model
        self._options = options
        self.dimensions = options.dimensions
        self.adaptations: list[str] = []
        self._values: JsonDict = {"model": model}
        self._set_dimensions(options.dimensions)
        for name in _SETTABLE:
            self._set(name)

    def write(
        self, texts: Sequence[str], *, credential: str | None, base_url: str | None
    ) -> HttpRequest:
        """Return the request for the vectors of these texts."""
        shape, compiled = self.shape.shape, self._compiled
        item = compile_template(shape.item)
        items = [item.fill({**self._values, "text": text}) for text in texts]
        body = fill_template(shape.body, {**self._values, "inputs": items, "input": items[0]})
        if not isinstance(body, dict):
            raise RequestError("the template of the body holds nothing", provider=compiled.id)
        merge(body, self._options.extra)
        endpoint = compiled.find_endpoint("embeddings")
        path = endpoint.path if endpoint else shape.path
        url = resolve_base_url(compiled, base_url) + path.replace(
            "{model}", quote(self._model, safe="/:@")
        )
        if endpoint and endpoint.query:
            url = f"{url}?{urlencode(endpoint.query)}"
        headers, url, secrets = attach_credential(compiled, credential, url)
        own = endpoint.headers.items() if endpoint else ()
        usual = (("Content-Type", "application/json"), ("Accept", "application/json"))
        return HttpRequest(
            url=url, headers=(*usual, *own, *headers), body=_encoded(body), secrets=secrets
        )

    def _set_dimensions(self, wanted: int | None) -> None:
        if wanted is None:
            return
        entry = self.shape.find_model(self._model)
        _check_dimensions(wanted, entry, f"{self._compiled.id}/{self._model}")
        if entry.sizes == (entry.dimensions,):
            return  # the only length there is need not be asked for, and often may not
        if "dimensions" not in self.shape.placeholders:
            raise CapabilityError(
                f"{self._compiled.id} can't be told how long vectors are to be; leave dimensions "
                "out",
                capability="dimensions",
                provider=self._compiled.id,
            )
        self._values["dimensions"] = wanted

    def _set(self, name: str) -> None:
        """Put a setting into its hole, in the provider's word for it."""
        shape = self.shape.shape
        asked = _word(getattr(self._options, name))
        wanted = asked if asked is not None else shape.required.get(name)  # type: ignore[call-overload]
        if wanted is None:
            return
        words = shape.words.get(name, {})  # type: ignore[call-overload]
        takes = name in self.shape.placeholders
        if takes and (wanted in words or name == "input_type"):
            self._values[name] = words.get(wanted, wanted)
        elif name == "encoding" and wanted != "float":
            raise RequestError(
                f"{self._compiled.id} does not send vectors as {wanted}; leave encoding out",
                provider=self._compiled.id,
            )
        elif asked is not None and not takes and (name, wanted) not in _MEANINGLESS:
            self.adaptations.append(f"{name} left out: {self._compiled.id} does not take it")


# What happens anyway where a provider can't be told.
_MEANINGLESS: Final = frozenset({("encoding", "float"), ("truncate", "false")})


def _word(value: object) -> str | None:
    return str(value).lower() if isinstance(value, bool) else value if value is None else str(value)


def _section(compiled: CompiledManifest, model: str) -> CompiledEmbeddings:
    require_capabilities(compiled.manifest, "embeddings", model=model)
    if compiled.embeddings is None:
        raise CapabilityError(
            f"{compiled.manifest.source}: nothing says how {compiled.id} embeds; describe it under "
            "`wire: embeddings:`",
            capability="embeddings",
            provider=compiled.id,
        )
    return compiled.embeddings


def _check_dimensions(wanted: JsonValue, entry: EmbeddingModel, model: str) -> None:
    if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 1:
        raise RequestError(f"dimensions must be a whole number above 0, not {wanted!r}")
    if entry.sizes and wanted not in entry.sizes:
        known = ", ".join(map(str, entry.sizes))
        raise RequestError(f"{model} has vectors of length {known}, not {wanted}")
    if entry.largest is not None and wanted > entry.largest:
        raise RequestError(f"{model} has vectors of length {entry.largest} at most, not {wanted}")


def _encoded(body: JsonDict) -> bytes:
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError) as error:
        raise RequestError(f"the request can't be written as JSON: {error}") from error
