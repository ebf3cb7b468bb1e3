"""The models that manifests and files of models list, looked up by name."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from ai_lib._log import LOG
from ai_lib.errors.exceptions import ManifestNotFound, ProtocolError
from ai_lib.protocol.bundle import find_bundled_manifest, list_bundled_names
from ai_lib.protocol.manifest.models import ModelRecord, read_manifest_models, read_model_file
from ai_lib.protocol.sources.document import read_text
from ai_lib.protocol.sources.folder import ManifestFolder, read_file
from ai_lib.types.json import JsonValue

Layer = Callable[[str | None, str | None], Iterable[ModelRecord]]


class ModelRegistry:
    """Models in layers: what an earlier layer lists hides what later ones say of that name.

    A layer is a function of a name, or of None for all; it may leave out what can't have the name.
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        self._layers = tuple(layers)

    def find(self, name: str) -> ModelRecord:
        """Return a model by its name, wire name or alias, or by `provider/` and one of them.

        Where several providers have it, one that makes models comes before those that resell them.

        Raises:
            ManifestNotFound: no model or several have that name; near matches are listed.
        """
        for layer in self._layers:
            called = [record for record in layer(name, None) if _is_called(record, name)]
            found = _choose_record(called, name)
            if found is not None:
                return found
        raise self._not_found(name)

    def get(self, provider: str, name: str) -> ModelRecord | None:
        """Return what is known of one provider's model, or None."""
        for layer in self._layers:
            for record in layer(name, provider):
                if record.provider == provider and name in record.keys:
                    return record
        return None

    def list_models(self) -> list[ModelRecord]:
        """Return every model once, by provider and name."""
        found: dict[str, ModelRecord] = {}
        for record in chain.from_iterable(layer(None, None) for layer in self._layers):
            found.setdefault(record.full_name, record)
        return sorted(found.values(), key=lambda record: (record.provider, record.name))

    def _not_found(self, name: str) -> ManifestNotFound:
        known = {key: record for record in self.list_models() for key in record.keys}
        from difflib import get_close_matches

        near = get_close_matches(name, known, n=3)
        names = list(dict.fromkeys(f"{known[key].provider}/{key}" for key in near))
        hint = f"; did you mean {' or '.join(names)}?" if names else ""
        return ManifestNotFound(
            f"no model {name[:80]!r} is listed; write provider/model for one that is not{hint}",
            near=names,
        )


def build_document_layer(documents: Callable[[], Iterable[tuple[JsonValue, str]]]) -> Layer:
    """Return a layer of manifests' documents, each with its source."""

    def layer(_: str | None, __: str | None) -> Iterator[ModelRecord]:
        for document, source in documents():
            yield from read_manifest_models(document, source)

    return layer


def build_folder_layer(tree: ManifestFolder) -> Layer:
    """Return a layer of a tree's manifests and files of models.

    A file that can't be read is reported to the logger `ai_lib` and passed over: it may have
    nothing to do with the model that is looked for.
    """

    def layer(wanted: str | None, _: str | None) -> Iterator[ModelRecord]:
        name = None if wanted is None else wanted.rpartition("/")[2]
        for path in tree.list_manifests():
            yield from read_manifest_models(_read_document_naming(path, name), str(path))
        if not tree.root.is_file():
            for path in tree.list_model_files():
                yield from read_model_file(_read_document_naming(path, name), str(path))

    return layer


def build_bundle_layer() -> Layer:
    """Return the layer of what ships with the library."""

    def layer(_: str | None, provider: str | None) -> Iterator[ModelRecord]:
        for name in list_bundled_names("manifests"):
            # A bundled manifest lists its own provider's models, and is called as that is.
            if provider in (None, name):
                yield from read_manifest_models(
                    find_bundled_manifest(name), f"bundled manifest {name}"
                )

    return layer


def _read_document_naming(path: Path, wanted: str | None) -> JsonValue:
    try:
        text = read_file(path)
        # Reading YAML takes milliseconds; most files don't name the model at all.
        return None if wanted is not None and wanted not in text else read_text(text, str(path))
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
