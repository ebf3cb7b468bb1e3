"""What the command line shows, on a terminal and elsewhere."""

import io

from ai_lib.cli.output import Output


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_paragraph_is_wrapped_as_its_pieces_come() -> None:
    out = io.StringIO()
    output = Output(out, width=20)
    output.begin_paragraph("answer: ")
    for piece in ["one", " two", " three", " four"]:
        output.write_piece(piece)
    output.write_line("next")

    assert out.getvalue() == "answer: one two\n        three four\nnext\n"


def test_styles_only_on_a_terminal() -> None:
    plain, terminal = io.StringIO(), Terminal()
    for out in (plain, terminal):
        Output(out).write_title("Title")
        Output(out).write_note("note")

    assert "\x1b" not in plain.getvalue()
    assert "\x1b[1mTitle\x1b[0m" in terminal.getvalue()
