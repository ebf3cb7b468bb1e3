"""Looks up the models that manifests and model files list, by name."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from pathlib import Path

from ai_lib._log import LOG
from ai_lib.errors.exceptions import ManifestNotFound, ProtocolError
from ai_lib.protocol.bundle import find_bundled_manifest, list_bundled_names
from ai_lib.protocol.manifest.model_names import NameIndex, strip_date
from ai_lib.protocol.manifest.models import ModelRecord, read_manifest_models, read_model_file
from ai_lib.protocol.sources.document import read_text
from ai_lib.protocol.sources.folder import ManifestFolder, read_file
from ai_lib.types.json import JsonValue

Layer = Callable[[str | None, str | None], Iterable[ModelRecord]]


class ModelRegistry:
    """Models in layers: a model of an earlier layer hides those of that name in later ones.

    A layer is a function of a name and a provider, each None for all. It may leave out models that
    can't have that name or provider.
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        self._layers = tuple(layers)

    def find(self, name: str) -> ModelRecord:
        """Return a model by its name, wire name or alias, or by `provider/` and one of them.

        A provider that makes the model comes before those that resell it.

        Raises:
            ManifestNotFound: no model or several have that name; near matches are listed.
        """
        for layer in self._layers:
            candidates = [record for record in layer(name, None) if _is_called(record, name)]
            record = _choose_record(candidates, name)
            if record is not None:
                return record.with_regional_prices(name.removeprefix(f"{record.provider}/"), {})
        raise self._build_not_found_error(name)

    def get(
        self, provider: str, name: str, variables: Mapping[str, str] | None = None
    ) -> ModelRecord | None:
        """Return one provider's model by any of its names, or None when it is not listed.

        Its prices are those at an address with these `variables`.
        """
        variables = variables or {}
        for layer in self._layers:
            for record in layer(name, provider):
                if record.provider == provider and name in record.keys:
                    return record.with_regional_prices(name, variables)
        # With or without a date it is the same model; both names hold the one without.
        for layer in self._layers:
            records = {
                record.name: record
                for record in layer(strip_date(name), provider)
                if record.provider == provider
            }
            names = NameIndex((key, record.keys) for key, record in records.items())
            listed_name = names.find(name)
            if listed_name is not None:
                return records[listed_name].with_regional_prices(name, variables)
        return None

    def list_models(self) -> list[ModelRecord]:
        """Return every model once, sorted by provider and name."""
        records: dict[str, ModelRecord] = {}
        for record in chain.from_iterable(layer(None, None) for layer in self._layers):
            records.setdefault(record.full_name, record)
        return sorted(records.values(), key=lambda record: (record.provider, record.name))

    def _build_not_found_error(self, name: str) -> ManifestNotFound:
        records_by_key = {key: record for record in self.list_models() for key in record.keys}
        from difflib import get_close_matches

        provider, colon, model = name.partition(":")
        if colon and any(record.provider == provider for record in records_by_key.values()):
            names = [f"{provider}/{model}"]  # as others write it
        else:
            near = get_close_matches(name, records_by_key, n=3)
            names = list(dict.fromkeys(f"{records_by_key[key].provider}/{key}" for key in near))
        hint = f"; did you mean {' or '.join(names)}?" if names else ""
        return ManifestNotFound(
            f"no model {name[:80]!r} is listed; write provider/model for one that is not{hint}",
            near=names,
        )


def build_document_layer(documents: Iterable[tuple[JsonValue, str]]) -> Layer:
    """Return a layer of manifest documents, each with its source."""
    documents = tuple(documents)

    def layer(name: str | None, _: str | None) -> Iterator[ModelRecord]:
        for document, source in documents:
            yield from read_manifest_models(document, source, name)

    return layer


def build_folder_layer(folder: ManifestFolder) -> Layer:
    """Return a layer of a folder's manifests and model files.

    A file that can't be read is reported to the logger `ai_lib` and skipped: it need not list the
    model that is looked for.
    """

    def layer(full_name: str | None, _: str | None) -> Iterator[ModelRecord]:
        name = None if full_name is None else full_name.rpartition("/")[2]
        for path in folder.list_manifests():
            document = _read_document_naming(path, name)
            yield from read_manifest_models(document, str(path), full_name)
        if not folder.root.is_file():
            for path in folder.list_model_files():
                yield from read_model_file(_read_document_naming(path, name), str(path))

    return layer


def build_bundle_layer() -> Layer:
    """Return the layer of the bundled manifests."""

    def layer(name: str | None, provider: str | None) -> Iterator[ModelRecord]:
        for bundled_name in list_bundled_names("manifests"):
            # A bundled manifest lists its own provider's models and has the provider's name.
            if provider in (None, bundled_name):
                yield from _read_bundled_models(bundled_name, name)

    return layer


# Each client looks for its model. Names come from callers: what is kept of them has an end.
@lru_cache(maxsize=256)
def _read_bundled_models(bundled_name: str, name: str | None) -> tuple[ModelRecord, ...]:
    document = find_bundled_manifest(bundled_name)
    return tuple(read_manifest_models(document, f"bundled manifest {bundled_name}", name))


def _read_document_naming(path: Path, name: str | None) -> JsonValue:
    try:
        text = read_file(path)
        # Reading YAML takes milliseconds; most files don't name the model at all.
        return None if name is not None and name not in text else read_text(text, str(path))
    except ProtocolError as error:
        LOG.warning("no models are taken from a file: %s", error.message)
        return None


def _is_called(record: ModelRecord, name: str) -> bool:
    return name in record.keys or any(f"{record.provider}/{key}" == name for key in record.keys)


def _choose_record(records: list[ModelRecord], name: str) -> ModelRecord | None:
    exact = [record for record in records if name in (record.name, record.model_id)] or records
    makers = [record for record in exact if not record.is_resold] or exact
    distinct = {record.full_name: record for record in reversed(makers)}
    if len(distinct) > 1:
        names = sorted(distinct)
        raise ManifestNotFound(
            f"several providers have a model {name!r}; write {' or '.join(names)}", near=names
        )
    return next(iter(distinct.values()), None)
