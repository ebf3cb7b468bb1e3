"""Writes the request for vectors, in the form of the provider's dialect."""

from collections.abc import Sequence
from typing import Final

from ai_lib.embeddings.split import EmbeddingOptions
from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.embeddings import CompiledEmbeddings, EmbeddingModel
from ai_lib.protocol.dialect.template import compile_template, fill_template
from ai_lib.protocol.manifest.capabilities import require_capabilities
from ai_lib.protocol.model import Model
from ai_lib.request.chat import attach_credential, quote_segment, resolve_base_url
from ai_lib.request.fragments import merge
from ai_lib.types.json import JsonDict, JsonValue, encode_json
from ai_lib.types.wire import HttpRequest, join_url

_SETTABLE: Final = ("input_type", "encoding", "truncate")


class EmbeddingWriter:
    """Writes requests for vectors to one model; `adaptations` lists the options it left out.

    Raises:
        CapabilityError: the manifest declares no embeddings, or its dialect has none.
        RequestError: the model has no vectors of the requested length, or the provider has no such
            encoding.
    """

    def __init__(
        self, compiled: CompiledManifest, model: Model | str, options: EmbeddingOptions
    ) -> None:
        if isinstance(model, str):
            model = compiled.find_model(model)
        self.shape = _embeddings_of(compiled, model)
        self._compiled = compiled
        self._model = model
        self._options = options
        self.dimensions = options.dimensions
        self.adaptations: list[str] = []
        self._values: JsonDict = {"model": model.name}
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
        path = path.replace("{model}", quote_segment(self._model.name, "the model's name"))
        base = resolve_base_url(compiled, base_url)
        url = join_url(base, path, endpoint.query if endpoint else None)
        headers, url, secrets = attach_credential(compiled, credential, url)
        endpoint_headers = endpoint.headers.items() if endpoint else ()
        json_headers = (("Content-Type", "application/json"), ("Accept", "application/json"))
        return HttpRequest(
            url=url,
            headers=(*json_headers, *endpoint_headers, *headers),
            body=encode_json(body),
            secrets=secrets,
        )

    def _set_dimensions(self, dimensions: int | None) -> None:
        if dimensions is None:
            return
        entry = self._model.embedding
        _check_dimensions(dimensions, entry, f"{self._compiled.id}/{self._model.name}")
        if entry.sizes == (entry.dimensions,):
            return  # the only length need not be requested, and often may not be
        if "dimensions" not in self.shape.placeholders:
            raise CapabilityError(
                f"{self._compiled.id} does not take a length of vectors; leave dimensions out",
                capability="dimensions",
                provider=self._compiled.id,
            )
        self._values["dimensions"] = dimensions

    def _set(self, name: str) -> None:
        """Set the value of one option, in the provider's word for it."""
        shape = self.shape.shape
        requested = _as_word(getattr(self._options, name))
        option = requested if requested is not None else shape.required.get(name)  # type: ignore[call-overload]
        if option is None:
            return
        words = shape.words.get(name, {})  # type: ignore[call-overload]
        takes = name in self.shape.placeholders
        if takes and (option in words or name == "input_type"):
            self._values[name] = words.get(option, option)
        elif name == "encoding" and option != "float":
            raise RequestError(
                f"{self._compiled.id} does not send vectors as {option}; leave encoding out",
                provider=self._compiled.id,
            )
        elif requested is not None and not takes and (name, option) not in _DEFAULT_BEHAVIOUR:
            self.adaptations.append(f"{name} left out: {self._compiled.id} does not take it")


# What a provider does anyway when it has no such option.
_DEFAULT_BEHAVIOUR: Final = frozenset({("encoding", "float"), ("truncate", "false")})


def _as_word(value: object) -> str | None:
    return str(value).lower() if isinstance(value, bool) else value if value is None else str(value)


def _embeddings_of(compiled: CompiledManifest, model: Model) -> CompiledEmbeddings:
    require_capabilities(compiled.manifest, "embeddings", model=model.name, entry=model.entry)
    if compiled.embeddings is None:
        raise CapabilityError(
            f"{compiled.manifest.source}: nothing says how {compiled.id} embeds; describe it under "
            "`wire: embeddings:`",
            capability="embeddings",
            provider=compiled.id,
        )
    return compiled.embeddings


def _check_dimensions(count: JsonValue, entry: EmbeddingModel, model: str) -> None:
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise RequestError(f"dimensions must be a whole number above 0, not {count!r}")
    if entry.sizes and count not in entry.sizes:
        sizes = ", ".join(map(str, entry.sizes))
        raise RequestError(f"{model} has vectors of length {sizes}, not {count}")
    if entry.largest is not None and count > entry.largest:
        raise RequestError(f"{model} has vectors of length {entry.largest} at most, not {count}")
