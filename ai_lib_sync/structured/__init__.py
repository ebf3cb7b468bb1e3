# Copied from ai_lib/structured/__init__.py by codegen; do not edit.
"""Typed answers: schemas of types, JSON from text, and answers checked and converted."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.structured.extract import (
        extract_json as extract_json,
    )
    from ai_lib.structured.json_mode import (
        JsonMode as JsonMode,
        JsonModeConfig as JsonModeConfig,
    )
    from ai_lib.structured.output import (
        StructuredOutput as StructuredOutput,
    )
    from ai_lib.structured.output_type import (
        OutputShape as OutputShape,
    )
    from ai_lib.structured.partial_json import (
        PartialJson as PartialJson,
        PartialObject as PartialObject,
    )
    from ai_lib.structured.schema_generator import (
        SchemaGenerator as SchemaGenerator,
    )
    from ai_lib.structured.validator import (
        OutputResult as OutputResult,
        OutputValidator as OutputValidator,
    )
    from ai_lib.types.problem import (
        Problem as Problem,
    )

_WHERE = {
    "JsonMode": "ai_lib.structured.json_mode",
    "JsonModeConfig": "ai_lib.structured.json_mode",
    "OutputResult": "ai_lib.structured.validator",
    "OutputShape": "ai_lib.structured.output_type",
    "OutputValidator": "ai_lib.structured.validator",
    "PartialJson": "ai_lib.structured.partial_json",
    "PartialObject": "ai_lib.structured.partial_json",
    "Problem": "ai_lib.types.problem",
    "SchemaGenerator": "ai_lib.structured.schema_generator",
    "StructuredOutput": "ai_lib.structured.output",
    "extract_json": "ai_lib.structured.extract",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
