"""Selects the frames of a stream for which an expression holds."""

from collections.abc import Callable, Iterator

from ai_lib.protocol.query.expression import Expression, compile_expression


class JsonPathSelector:
    """Selects frames by a match expression, such as `$.type in ["delta", "done"]`.

    A bare path means that the path selects something. A pipeline takes the expression from the
    manifest's `frame_selector`.

    Raises:
        ManifestSyntaxError: the expression does not parse; the error has the position.
    """

    def __init__(self, expression: str | Expression) -> None:
        if isinstance(expression, str):
            expression = compile_expression(expression)
        self.expression = expression
        self.holds: Callable[[object, object], bool] = expression.condition
        """Takes the frame twice: as the node, and as the root of paths."""

    def matches(self, frame: object) -> bool:
        """Say whether the frame is selected."""
        return self.holds(frame, frame)

    def __call__(self, frame: object) -> Iterator[object]:
        """Yield the frame if it is selected. This makes a selector a transform."""
        if self.holds(frame, frame):
            yield frame

    def __repr__(self) -> str:
        return f"JsonPathSelector({self.expression.text!r})"
