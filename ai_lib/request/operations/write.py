"""Writes the request of an operation in the form that the provider's dialect describes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec

from ai_lib.errors.exceptions import CapabilityError, InvalidInput, RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.operations import OperationShape, find_limits
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.manifest.capabilities import require_operation
from ai_lib.protocol.manifest.model import Endpoint
from ai_lib.protocol.model import Model
from ai_lib.protocol.query.path import MISSING
from ai_lib.request.chat import attach_credential, join_endpoint, quote_segment, resolve_base_url
from ai_lib.request.fragments import merge
from ai_lib.request.operations.media import MediaFile
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.json import JsonDict, JsonValue, encode_json, is_object
from ai_lib.types.upload import FileBody, FilePart, Multipart
from ai_lib.types.wire import HttpRequest

# The names that the protocol has for the addresses of some operations.
_ENDPOINT_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "speech": ("text_to_speech", "tts"),
    "transcribe": ("speech_to_text", "stt"),
    "images.generate": ("image_generation", "images"),
    "list_models": ("models",),
    "batches.upload": ("batch_upload",),
    "batches.create": ("batch_create",),
    "batches.status": ("batch_status",),
    "batches.cancel": ("batch_cancel",),
    "batches.results": ("batch_results",),
}
_CONTENT_PARTS: Final = frozenset({"data", "url", "id", "address", "data_url"})
_JSON: Final = "application/json"
_ACCEPT: Final = {
    "json": _JSON,
    "bytes": "*/*",
    "text": "text/plain, application/json",
    "sse": "text/event-stream",
    "json_lines": "application/x-ndjson",
}


class WrittenOperation(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP request of an operation, and what was left out of it.

    `values` are what the templates were filled with.
    """

    wire: HttpRequest
    values: Mapping[str, JsonValue]
    adaptations: tuple[str, ...]


def find_shape(
    compiled: CompiledManifest, model: Model, request: OperationRequest
) -> OperationShape:
    """Return how a provider does what is requested with this model and these files.

    Raises:
        CapabilityError: the manifest does not declare the operation, or nothing says how it is
            done.
    """
    require_operation(compiled.manifest, request.name, model=model.name, entry=model.entry)
    shape = compiled.find_operation(request.name, model.name)
    if shape is None:
        raise CapabilityError(
            f"{compiled.manifest.source}: nothing says how {compiled.id} does {request.name!r}; "
            f"describe it under `wire: operations: {request.name}:`",
            capability=request.name,
            provider=compiled.id,
        )
    is_addressed = any(file.is_addressed for files in request.files.values() for file in files)
    if shape.addressed is not None and is_addressed:
        return compiled.find_operation(shape.addressed, model.name) or shape
    return shape


def write_operation(
    compiled: CompiledManifest,
    model: Model,
    shape: OperationShape,
    request: OperationRequest,
    *,
    credential: str | None,
    base_url: str | None,
    address: str | None = None,
) -> WrittenOperation:
    """Return the request; with an `address` it goes there, in place of the operation's path.

    Raises:
        InvalidInput: a text, a list or a file is larger than the provider takes, or empty.
        RequestError: something the operation needs is not given, or the provider can't take a file.
    """
    writer = _OperationWriter(compiled, model, shape, request)
    return writer.write(credential, base_url, address)


class _OperationWriter:
    """Writes one request."""

    def __init__(
        self,
        compiled: CompiledManifest,
        model: Model,
        shape: OperationShape,
        request: OperationRequest,
    ) -> None:
        self._compiled = compiled
        self._shape = shape
        self._request = request
        self._label = f"{request.name} of {compiled.id}/{model.name}"
        self._given: JsonDict = {"model": model.name, **request.texts}
        self._given.update(
            {name: value for name, value in request.values.items() if value is not None}
        )
        self._check(find_limits(shape, model.name))
        self._values = self._fill_values()

    def write(
        self, credential: str | None, base_url: str | None, address: str | None
    ) -> WrittenOperation:
        compiled, shape = self._compiled, self._shape
        endpoint = self._find_endpoint()
        query, headers, fragment = self._fill_options()
        for name, template in {**shape.query, **(endpoint.query if endpoint else {})}.items():
            if (value := fill_template(template, self._values)) is not MISSING:
                query[name] = _as_text(value)
        if shape.pages is not None and "page" in self._values:
            query[shape.pages.query] = _as_text(self._values["page"])
        for name, template in shape.headers.items():
            if (value := fill_template(template, self._values)) is not MISSING:
                headers[name] = _as_text(value)
        content, content_type = self._encode(fragment)
        if address is None:
            base = resolve_base_url(compiled, base_url)
            if shape.from_root:
                base = base.removesuffix(urlsplit(compiled.manifest.base_url).path.rstrip("/"))
            path = self._fill_path(endpoint.path if endpoint else shape.path)
            url = join_endpoint(compiled, base, path, query)
        else:
            url = address
        # What may fail comes before this line: no traceback shows these locals.
        secret_headers, url, secrets = attach_credential(compiled, credential, url)
        fixed = {"Accept": shape.accept or _ACCEPT[shape.answer.form], **headers}
        if endpoint is not None:
            fixed.update(endpoint.headers)
        wire = HttpRequest(
            method=shape.method
            if endpoint is None or endpoint.method == "POST"
            else endpoint.method,
            url=url,
            headers=(*content_type, *fixed.items(), *secret_headers),
            body=content,
            secrets=secrets,
        )
        return WrittenOperation(
            wire=wire, values=self._given, adaptations=tuple(self._list_adaptations())
        )

    def _find_endpoint(self) -> Endpoint | None:
        """Return the manifest's own address of the operation, unless this is a variant of it."""
        plain = self._compiled.find_operation(self._request.name)
        is_variant = plain is not None and plain.path != self._shape.path
        return None if is_variant else find_operation_endpoint(self._compiled, self._request.name)

    def _check(self, limits: Mapping[str, float]) -> None:
        for name in self._shape.needs:
            if self._given.get(name) is None and not self._request.files.get(name):
                if name not in self._shape.required:
                    raise RequestError(f"the {self._label} needs {name}=")
        for name, value in self._given.items():
            _check_limit(self._label, name, value, limits.get(name))
        for name, files in self._request.files.items():
            if not files:
                raise InvalidInput(f"{name} of the {self._label} is empty", index=0)
            _check_limit(self._label, name, files, limits.get(name))
            if not self._takes_file(name):
                raise RequestError(f"the {self._label} takes no {name}", provider=self._compiled.id)
            for index, file in enumerate(files):
                _check_file(self._label, index, file, limits.get("bytes"))

    def _takes_file(self, name: str) -> bool:
        placeholders = self._shape.placeholders
        if self._shape.encoding == "bytes":
            return True
        return name in placeholders or any(other.startswith(f"{name}_") for other in placeholders)

    def _fill_values(self) -> JsonDict:
        shape = self._shape
        values: JsonDict = {**shape.required, **self._given}
        for name, words in shape.words.items():
            word = _as_text(values.get(name)) if name in values else None
            if word is not None and word in words:
                values[name] = words[word]
        values = {name: value for name, value in values.items() if value is not None}
        for name, template in shape.items.items():
            if isinstance(values.get(name), list | tuple):
                values[name] = [_fill_element(template, element) for element in values[name]]
        values.update(_split_size(values.get("size")))
        for name, files in self._request.files.items():
            if shape.encoding == "json":
                values.update(self._fill_files(name, files))
            elif files:
                values.update(_describe_file(name, files[0]))
        return values

    def _fill_files(self, name: str, files: Sequence[MediaFile]) -> Iterator[tuple[str, JsonValue]]:
        """Yield the values of files that are written into a JSON body."""
        template = self._shape.items.get(name)
        if template is not None:
            elements = [fill_template(template, file.make_values()) for file in files]
            elements = [element for element in elements if element is not MISSING]
            if len(elements) < len(files):
                raise RequestError(
                    f"the {self._label} takes {name} by content or by address, as its manifest "
                    "says, and this is the other"
                )
            yield name, elements
            yield f"{name}_item", elements[0]
            return
        yield from _describe_file(name, files[0]).items()
        has_content = self._shape.placeholders & {f"{name}_{part}" for part in _CONTENT_PARTS}
        for part, value in files[0].make_values().items() if has_content else ():
            yield f"{name}_{part}", value

    def _fill_options(self) -> tuple[dict[str, str], dict[str, str], JsonDict]:
        query: dict[str, str] = {}
        headers: dict[str, str] = {}
        fragment: JsonDict = {}
        for name, choices in self._shape.options.items():
            value = self._given.get(name, self._shape.required.get(name))
            if value is None:
                continue
            option = choices.get(_as_text(value)) or choices.get("*")
            if option is None:
                names = ", ".join(choices)
                raise RequestError(f"the {self._label} takes {name} {names}, not {value!r}")
            for key, template in option.query.items():
                filled = fill_template(template, self._values)
                if filled is not MISSING:
                    query[key] = _as_text(filled)
            headers.update(option.headers)
            body = fill_template(option.body, self._values)
            if is_object(body):
                merge(fragment, body)
        return query, headers, fragment

    def _encode(self, fragment: JsonDict) -> tuple[bytes | Multipart, tuple[tuple[str, str], ...]]:
        shape = self._shape
        if shape.encoding == "none":
            return b"", ()
        if shape.encoding == "bytes":
            return self._encode_file()
        body = fill_template(shape.body, self._values)
        if shape.encoding == "json" and not is_object(body) and body is not MISSING:
            encoded = encode_json(body)
            return encoded, (("Content-Type", _JSON),)
        fields: JsonDict = body if is_object(body) else {}
        merge(fields, fragment)
        merge(fields, self._request.extra)
        if shape.encoding == "json":
            return encode_json(fields), (("Content-Type", _JSON),)
        if shape.encoding == "form":
            pairs = {key: _as_text(value) for key, value in fields.items()}
            return urlencode(pairs).encode(), (
                ("Content-Type", "application/x-www-form-urlencoded"),
            )
        parts = [
            (shape.files[name], file.to_part())
            for name, files in self._request.files.items()
            if name in shape.files
            for file in files
        ]
        parts += [
            (field, _write_lines(self._values[name]))
            for name, field in shape.files.items()
            if name not in self._request.files and isinstance(self._values.get(name), list)
        ]
        form = Multipart(fields, parts)
        return form, (("Content-Type", form.content_type),)

    def _encode_file(self) -> tuple[Multipart, tuple[tuple[str, str], ...]]:
        files = next(iter(self._request.files.values()), None)
        if not files:
            raise RequestError(f"the {self._label} needs a file")
        media_type = files[0].find_media_type() or "application/octet-stream"
        body = FileBody(files[0].to_part(), media_type)
        return body, (("Content-Type", body.content_type),)

    def _fill_path(self, path: str) -> str:
        before, *parts = path.replace("${", "\0").split("{")
        filled = [before]
        for part in parts:
            name, _, following = part.partition("}")
            if name in self._compiled.manifest.variables:
                filled.append(f"{{{name}}}{following}")
                continue
            has_slashes, name = name.startswith("+"), name.removeprefix("+")
            value = self._values.get(name)
            if value is None or value == "":
                raise RequestError(f"the {self._label} needs {name}=")
            segment = quote_segment(_as_text(value), f"{name}=")
            filled.append((segment.replace("%2F", "/") if has_slashes else segment) + following)
        return "".join(filled).replace("\0", "${")

    def _list_adaptations(self) -> Iterator[str]:
        placeholders = self._shape.placeholders
        for name in self._given:
            is_taken = name in placeholders or f"{name}_width" in placeholders
            if not is_taken and name not in ("model", "page"):
                yield f"{name} left out: {self._compiled.id} does not take it"


def _split_size(size: JsonValue) -> dict[str, int]:
    """Return the two numbers of a size such as `1024x768`, for providers that take them apart."""
    width, _, height = size.partition("x") if isinstance(size, str) else ("", "", "")
    if not (width.isdecimal() and height.isdecimal()):
        return {}
    return {"size_width": int(width), "size_height": int(height)}


def _describe_file(name: str, file: MediaFile) -> JsonDict:
    """Return what a request may say of a file beside its content."""
    facts: JsonDict = {
        f"{name}_filename": file.name,
        f"{name}_media_type": file.find_media_type(),
        f"{name}_size": file.find_size(),
    }
    return {key: value for key, value in facts.items() if value is not None}


def _write_lines(elements: Iterable[JsonValue]) -> FilePart:
    """Return a file of JSON lines."""
    content = b"".join(encode_json(element) + b"\n" for element in elements)
    return FilePart(content=content, filename="batch.jsonl", content_type="application/jsonl")


def find_operation_endpoint(compiled: CompiledManifest, name: str) -> Endpoint | None:
    """Return the manifest's own address of an operation, by any of its names; None without one."""
    manifest = compiled.manifest
    for known_name in (name, *_ENDPOINT_NAMES.get(name, ())):
        endpoint = manifest.endpoints.get(known_name) or manifest.services.get(known_name)
        if endpoint is not None:
            return endpoint
    return None


def _fill_element(template: JsonValue, element: JsonValue) -> JsonValue:
    values = element if isinstance(element, Mapping) else {"text": element}
    filled = fill_template(template, values)
    return element if filled is MISSING else filled


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else encode_json(value).decode()


def _check_limit(label: str, name: str, value: object, limit: float | None) -> None:
    if isinstance(value, str) and not value:
        raise InvalidInput(f"{name} of the {label} is empty", index=0)
    if isinstance(value, list | tuple):
        for index, element in enumerate(value):
            if isinstance(element, str) and not element:
                raise InvalidInput(f"{name} {index} of the {label} is empty", index=index)
    if limit is None or isinstance(value, bool):
        return
    if isinstance(value, int | float):
        if value > limit:
            raise InvalidInput(
                f"{name} of the {label} is {limit:g} at most, not {value:g}", index=0
            )
    elif isinstance(value, str):
        if len(value) > limit:
            raise InvalidInput(
                f"{name} of the {label} has {limit:g} characters at most, not {len(value)}",
                index=0,
            )
    elif isinstance(value, list | tuple) and len(value) > limit:
        raise InvalidInput(
            f"the {label} takes {limit:g} {name} at most, not {len(value)}", index=int(limit)
        )


def _check_file(label: str, index: int, file: MediaFile, limit: float | None) -> None:
    size = file.find_size()
    if size == 0:
        raise InvalidInput(f"the file {file.name!r} for the {label} is empty", index=index)
    if size is not None and limit is not None and size > limit:
        raise InvalidInput(
            f"the file {file.name!r} has {size} bytes, and the {label} takes {limit:g} at most",
            index=index,
        )
