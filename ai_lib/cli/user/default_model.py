"""The model that is asked when a command names none: `AI_LIB_MODEL`, else the one that was set."""

import os
from typing import Final

from ai_lib.cli.user.folder import find_user_folder, make_user_folder

_FILE: Final = "default-model"
VARIABLE: Final = "AI_LIB_MODEL"


def find_default_model() -> str | None:
    """Return the default model, or None where there is none."""
    if model := os.environ.get(VARIABLE, "").strip():
        return model
    try:
        return (find_user_folder() / _FILE).read_text("utf-8").strip() or None
    except (OSError, ValueError):
        return None


def set_default_model(model: str) -> None:
    """Keep the default model. Raises OSError when it can't be written."""
    (make_user_folder() / _FILE).write_text(f"{model}\n", "utf-8")


def run_default(model: str) -> int:
    """Set the default model, or with "" write the one in force; return the exit code.

    Raises:
        ProtocolError: there is no such provider or model.
    """
    from ai_lib.cli.output import write_problem, write_text

    if not model:
        default = find_default_model()
        if default is None:
            write_problem("there is no default model; set one: ai-lib models --default MODEL")
            return 1
        write_text(f"{default}\n")
        return 0
    from ai_lib.protocol.catalog import ManifestCatalog

    compiled, name = ManifestCatalog().load_model(model)
    try:
        set_default_model(f"{compiled.id}/{name}")
    except OSError as error:
        write_problem(f"the default model can't be kept: {error}")
        return 1
    write_text(f"the default model is {compiled.id}/{name}\n")
    if variable := os.environ.get(VARIABLE):
        write_problem(f"{VARIABLE} is set: {variable} is asked as long as it is")
    return 0


def is_model(word: str) -> bool:
    """Return whether a word of the command line names a model: `provider/name`, or a listed one."""
    if not word or any(character.isspace() for character in word):
        return False
    provider, slash, name = word.partition("/")
    if slash:
        return bool(provider and name)
    from ai_lib.errors.exceptions import ProtocolError
    from ai_lib.protocol.catalog import ManifestCatalog

    try:
        ManifestCatalog().split_model_name(word)
    except ProtocolError:
        return False
    return True
