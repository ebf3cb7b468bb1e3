"""What other libraries' clients and responses call what has another name here."""

from collections.abc import Mapping
from typing import Final

_ASK = "write client.chat().user('...').execute()"
_SEND = "write .execute() or .stream()"
OF_CLIENTS: Final[Mapping[str, str]] = {
    "beta": _ASK,
    "completions": _ASK,
    "messages": _ASK,
    "responses": f"{_ASK}; builder().api_family('responses') chooses that API",
    "generate": _ASK,
    "generate_content": _ASK,
    "complete": _ASK,
    "completion": _ASK,
    "create_message": _ASK,
    "ask": f"{_ASK}; ai_lib.ask('provider/model', '...') needs no client",
    "stream": "write client.chat().user('...').stream()",
    "embeddings": "ai_lib.embeddings.EmbeddingClient makes vectors",
    "embed": "ai_lib.embeddings.EmbeddingClient makes vectors",
    "audio": "ai_lib.operations has SpeechClient and TranscriptionClient",
    "images": "ai_lib.operations has ImageClient",
    "moderations": "ai_lib.operations has ModerationClient",
    "aclose": "write client.close()",
    "with_options": "chat() has timeout(), headers(); builder() has the settings of a client",
}
OF_REQUESTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("send", "run", "create", "complete", "completions", "generate", "invoke", "call"), _SEND
    ),
    "message": "write .user('...') or .add_message(message)",
    "prompt": "write .user('...')",
    "model": "write client.chat('provider/model')",
    "max_output_tokens": "write .max_tokens(...)",
    "max_completion_tokens": "write .max_tokens(...)",
    "thinking": "write .reasoning('high') or .reasoning(budget=...)",
    "json": "write .response_format('json') or .execute_as(Type)",
}
OF_RESPONSES: Final[Mapping[str, str]] = {
    "choices": "write response.text, response.tool_calls or response.candidates",
    "message": "write response.text, or response.to_message() for the next turn",
    "output": "write response.text or response.candidates[0].blocks",
    "output_text": "write response.text",
    "parts": "write response.candidates[0].blocks",
    "blocks": "write response.candidates[0].blocks",
    "parsed": "ask with execute_as(Type), which returns the value",
    "stop_reason": "write response.finish_reason or response.termination_reason",
    "usage_metadata": "write response.usage",
    **dict.fromkeys(("model_dump", "dict", "json", "model_dump_json"), "write response.to_dict()"),
}


def make_missing_error(owner: object, name: str, others: Mapping[str, str]) -> AttributeError:
    """Return the error for an attribute that is not there, and what to write in its place."""
    message = f"{type(owner).__name__!r} object has no attribute {name!r}"
    advice = others.get(name)
    if advice is None:
        return AttributeError(message, name=name, obj=owner)
    return AttributeError(f"{message}: {advice}")
