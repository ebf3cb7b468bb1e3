"""Standard parameters at their places in the body, checked against what the provider allows."""

from collections.abc import Mapping

from ai_lib.errors.exceptions import RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.model import Parameter
from ai_lib.request.fragments import Body, merge, put
from ai_lib.types.json import JsonDict


class ParameterWriter:
    """Puts standard parameters into a body; keeps a list of what had to be changed."""

    def __init__(self, compiled: CompiledManifest, model: str) -> None:
        self._compiled = compiled
        self._shape = compiled.dialect.request
        self._overrides = compiled.find_model_entry(model).parameters
        self.adaptations: list[str] = []

    def write(self, body: Body, parameters: Mapping[str, object]) -> None:
        """Set each parameter at its place.

        Raises RequestError for a value outside the manifest's range, before anything is sent. A
        parameter without a place here is left out and listed in `adaptations`.
        """
        for name, value in parameters.items():
            self._set(body, name, value)
        # What is sent although the caller did not ask: what the manifest has a value for.
        shape = self._compiled.request
        unasked = shape.defaults_with_top_p if "top_p" in parameters else shape.defaults
        for name, value in unasked.items():
            if name not in parameters:
                self._set(body, name, value)

    def _set(self, body: Body, name: str, value: object) -> None:
        if name in self._shape.options:
            merge(body, self._option(name, value))
            return
        declared = self._compiled.parameters.get(name)
        place = self._place(name, declared)
        if place is None:
            self.adaptations.append(f"{name} left out: {self._compiled.id} does not take it")
            return
        if declared is not None:
            self._check(name, value, declared)
        if place != name:
            self.adaptations.append(f"{name} sent as {place}")
        put(body, place, value)

    def _place(self, name: str, declared: Parameter | None) -> str | None:
        if name in self._overrides:
            return self._overrides[name]
        if declared is not None:
            return declared.path
        return self._shape.parameters.get(name)

    def _check(self, name: str, value: object, declared: Parameter) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return
        low, high = declared.minimum, declared.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            raise RequestError(
                f"{name}={value} is outside what {self._compiled.id} allows: {low} to {high}",
                provider=self._compiled.id,
            )

    def _option(self, name: str, value: object) -> JsonDict:
        key = str(value).lower() if isinstance(value, bool) else str(value)
        fragments = self._shape.options[name]
        if key not in fragments:
            known = ", ".join(fragments)
            raise RequestError(
                f"{name}={value!r} is not one of {known}", provider=self._compiled.id
            )
        return fragments[key]
