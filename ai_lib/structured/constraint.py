"""Makes the response format of an answer that the server can't write otherwise."""

from collections.abc import Sequence

from ai_lib.errors.exceptions import InvalidArguments
from ai_lib.structured.output_type import OutputShape
from ai_lib.types.request import ResponseFormat


def make_constraint(
    regex: str | None, choice: Sequence[str] | None, grammar: str | None, schema: object
) -> ResponseFormat:
    """Return the response format of one constraint.

    Raises:
        InvalidArguments: none or several are given, or one is empty.
        TypeError: `schema` is a type that has no schema.
    """
    options = {"regex": regex, "choice": choice, "grammar": grammar, "schema": schema}
    names = [name for name, value in options.items() if value is not None]
    if len(names) != 1:
        raise InvalidArguments(
            f"constrain() takes one of {', '.join(options)}; it got {', '.join(names) or 'none'}",
            path="constrain",
        )
    if schema is not None:
        shape = OutputShape.of(schema)
        return ResponseFormat(type="json_schema", schema=shape.schema, name=shape.name, fits=True)
    if choice is not None:
        return ResponseFormat(type="choice", constraint=_check_choice(choice))
    text = grammar if regex is None else regex
    if not isinstance(text, str) or not text.strip():
        raise InvalidArguments(f"{names[0]}={text!r:.60} is no text to constrain by", path=names[0])
    return ResponseFormat(type=names[0], constraint=text)


def _check_choice(choice: Sequence[str]) -> tuple[str, ...]:
    texts = () if isinstance(choice, str) else tuple(choice)
    if not texts or not all(_is_text(text) for text in texts):
        raise InvalidArguments(
            f"choice={choice!r:.60} is no list of texts to choose from", path="choice"
        )
    if len(set(texts)) < len(texts):
        raise InvalidArguments(f"choice={choice!r:.60} has a text twice", path="choice")
    return texts


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
