"""The selector: lets those frames of a stream through that an expression holds for."""

from collections.abc import Callable, Iterator

from ai_lib.protocol.query.expression import Expression, compile_expression


class JsonPathSelector:
    """Chooses frames by a match expression, such as `$.type in ["delta", "done"]`.

    A bare path means that something is there. In a pipeline it is the manifest's `frame_selector`.

    Raises:
        ManifestSyntaxError: the expression does not parse; the position is told.
    """

    def __init__(self, expression: str | Expression) -> None:
        if isinstance(expression, str):
            expression = compile_expression(expression)
        self.expression = expression
        self.holds: Callable[[object, object], bool] = expression.condition
        """What a pipeline asks, with the frame twice: as the node, and as the root of paths."""

    def matches(self, frame: object) -> bool:
        """Whether the frame is let through."""
        return self.holds(frame, frame)

    def __call__(self, frame: object) -> Iterator[object]:
        """Give the frame, if it is let through: the selector as a transform."""
        if self.holds(frame, frame):
            yield frame

    def __repr__(self) -> str:
        return f"JsonPathSelector({self.expression.text!r})"
