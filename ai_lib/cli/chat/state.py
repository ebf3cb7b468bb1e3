"""The state of a conversation from the command line: its messages, model, files and cost."""

import json
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import msgspec

from ai_lib._runtime.private_files import open_private
from ai_lib.cli.user.log import LogEntry
from ai_lib.errors.exceptions import AiLibError, RequestError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.types.display import format_money, format_tokens, sum_durations
from ai_lib.types.message import Conversation, Message
from ai_lib.types.response import ChatResponse
from ai_lib.types.usage import Usage, sum_usages


class ConversationState:
    """What one conversation has said, with which model, and what it cost so far."""

    def __init__(self, model: str, system: str | None = None, files: Sequence[str] = ()) -> None:
        self.model = model
        self.messages: list[Message] = []
        self.files = list(files)
        self.responses = 0
        self.is_switched = False
        self._id = uuid4().hex[:12]
        self._usages: list[Usage] = []
        self._costs: dict[str, float] = {}
        self._unknown_costs = 0
        if system:
            self.set_system(system)

    @property
    def system(self) -> str:
        """The instructions for the model; "" where there are none."""
        return self.messages[0].text if self._has_system() else ""

    def set_system(self, text: str) -> None:
        """Replace the instructions for the model; "" takes them away."""
        if self._has_system():
            del self.messages[0]
        if text:
            self.messages.insert(0, Message.system(text))

    def switch_model(self, model: str) -> None:
        """Ask another model from now on.

        Raises:
            ProtocolError: there is no such provider or model.
        """
        compiled, name = ManifestCatalog().load_model(model)
        self.model = f"{compiled.id}/{name}"
        self.is_switched = True

    def restart(self) -> None:
        """Begin another conversation, with the same model and instructions."""
        del self.messages[1 if self._has_system() else 0 :]
        self._id = uuid4().hex[:12]

    def take_last_question(self) -> Message | None:
        """Return the last question, and drop it with what follows it; None when there is none."""
        for index in range(len(self.messages) - 1, -1, -1):
            if self.messages[index].role == "user":
                question = self.messages[index]
                del self.messages[index:]
                return question
        return None

    def keep_partial(self, text: str) -> None:
        """Keep the part of an interrupted answer that came, or else drop its question."""
        if text:
            self.messages.append(Message.assistant(text))
        elif self.messages and self.messages[-1].role == "user":
            self.messages.pop()

    def save(self, path: str) -> None:
        """Write the conversation to a file, as JSON that `Conversation.from_dict` reads.

        Raises:
            RequestError: it can't be written.
        """
        conversation = Conversation(tuple(self.messages), {"model": self.model})
        text = json.dumps(conversation.to_dict(), ensure_ascii=False, indent=2)
        try:
            with open(path, "w", encoding="utf-8", opener=open_private) as file:
                file.write(f"{text}\n")
        except OSError as error:
            raise RequestError(f"{path} can't be written: {error.strerror}") from error

    def load(self, path: str) -> None:
        """Go on with a conversation from a file.

        Raises:
            RequestError: it can't be read, or is no conversation.
        """
        try:
            document = json.loads(Path(path).read_text("utf-8"))
            self.messages = list(Conversation.from_dict(document))
        except OSError as error:
            raise RequestError(f"{path} can't be read: {error.strerror}") from error
        except (ValueError, AiLibError, msgspec.MsgspecError) as error:
            raise RequestError(f"{path} is no saved conversation: {error}") from error

    def add_response(self, response: ChatResponse) -> None:
        """Count an answer's tokens and cost."""
        self.responses += 1
        self._usages.append(response.total_usage)
        cost = response.cost
        if cost is None or cost.total_cost is None:
            self._unknown_costs += 1
        else:
            self._costs[cost.currency] = self._costs.get(cost.currency, 0.0) + cost.total_cost

    def describe_cost(self) -> str:
        """Return the number of answers, their tokens and their cost in one line."""
        count = f"{self.responses} answer{'s' * (self.responses != 1)}"
        sums = [format_money(amount, currency) for currency, amount in self._costs.items()]
        if self._unknown_costs:
            sums.append(f"{self._unknown_costs} of unknown price")
        return "; ".join([count, format_tokens(sum_usages(self._usages)), *sums])

    def make_entry(self, question: Message, response: ChatResponse) -> LogEntry:
        """Return what the log keeps of an answer."""
        cost = response.cost
        return LogEntry(
            conversation=self._id,
            model=self.model,
            question=question.text,
            answer=response.content,
            prompt_tokens=response.total_usage.prompt_tokens,
            completion_tokens=response.total_usage.completion_tokens,
            cost=cost.total_cost if cost else None,
            currency=cost.currency if cost else None,
            milliseconds=round(sum_durations(response.attempts), 1),
            finish_reason=response.finish_reason,
        )

    def _has_system(self) -> bool:
        return bool(self.messages) and self.messages[0].role == "system"
