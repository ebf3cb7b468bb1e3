"""Writes messages by a dialect's templates."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec

from ai_lib.errors.exceptions import RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.model import CallSignatureShape
from ai_lib.protocol.query.path import MISSING
from ai_lib.request.blocks import BlockWriter, ResponseBlock, takes_cache
from ai_lib.types.content import (
    AudioBlock,
    Block,
    HostedToolBlock,
    OpaqueBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    join_text,
)
from ai_lib.types.json import JsonValue
from ai_lib.types.message import Message, MessageRole

Wire = JsonValue  # a turn on the wire: mostly an object, but a dialect may have lists


class MessageWriter:
    """Writes a conversation by one provider's templates, without the opaque state of others."""

    def __init__(self, compiled: CompiledManifest, model: str = "") -> None:
        self._model = model
        self._shape = compiled.dialect.request.messages
        self._forms = compiled.request
        self._target = compiled.id
        tags = compiled.dialect.thinking_tags
        self._tags = tags if tags is not None and tags.replayed else None
        self._blocks = BlockWriter(compiled)
        self._says_hosted = False
        self.members: dict[str, object] = {}  # of the request, that an earlier response asks for

    def write(self, messages: Sequence[Message]) -> dict[str, object]:
        """Return the template values `messages` and `system`.

        Raises RequestError when the dialect can't express a message.
        """
        self._blocks.learn_names(messages)
        turns: list[object] = []
        system: list[Message] = []
        for message in messages:
            if message.role is MessageRole.SYSTEM and self._shape.system != "message":
                system.append(message)
            elif isinstance(message.content, str):
                turns.extend(self._write_text(message, message.content))
            else:
                if message.role is MessageRole.ASSISTANT:
                    message = self._prepare_answer(message)
                turns.extend(self._write_blocks(message))
        if self._shape.merge_turns and len(turns) > 1:
            turns = list(_merge_turns(turns))
        values: dict[str, object] = {"messages": turns}
        if system:
            values["system"] = self._write_system(system)
        return values

    @property
    def has_calls(self) -> bool:
        """Whether tools were called in the messages."""
        return self._blocks.has_calls

    @property
    def adaptations(self) -> list[str]:
        """The parts that were left out of the messages, with the reason."""
        kinds = self._blocks.left_out
        notes = [f"{kind} left out: it is not from {self._target}" for kind in sorted(kinds)]
        if self._says_hosted:
            notes.append(f"hosted tool calls told in words: they are not from {self._target}")
        return notes

    def _write_blocks(self, message: Message) -> Iterable[object]:
        if self._blocks.owned_calls:
            kept_message = self._blocks.drop_owned_calls(message)
            return () if kept_message is None else self._write_turns(kept_message)
        return self._write_turns(message)

    def _prepare_answer(self, message: Message) -> Message:
        """Return a model's turn with what can be said of sound; note what its response asks for."""
        has_audio = has_hosted = False
        for block in message.blocks:
            if isinstance(block, OpaqueBlock) and block.body and self._blocks.is_own(block):
                self.members.update(block.body)
            has_audio = has_audio or isinstance(block, AudioBlock)
            has_hosted = has_hosted or isinstance(block, HostedToolBlock)
        if self._shape.call_signature is not None:
            message = self._sign_calls(message, self._shape.call_signature)
        if has_hosted:
            message = self._say_hosted_calls(message)
        if not has_audio:
            return message
        return msgspec.structs.replace(message, content=self._blocks.say_media(message.blocks))

    def _say_hosted_calls(self, message: Message) -> Message:
        """Return a turn in which the uses of another provider's tools are told in words."""
        from ai_lib.request.hosted_tools import say_hosted_calls

        blocks, is_said = say_hosted_calls(message.blocks, self._blocks.is_own)
        self._says_hosted = self._says_hosted or is_said
        return msgspec.structs.replace(message, content=tuple(blocks))

    def _sign_calls(self, message: Message, shape: CallSignatureShape) -> Message:
        """Return a turn whose first call is signed, where the model demands a signature."""
        calls = [block for block in message.blocks if isinstance(block, ToolUseBlock)]
        is_signed = any(call.signature and self._blocks.is_own(call) for call in calls)
        if not calls or is_signed or not any(fnmatchcase(self._model, m) for m in shape.models):
            return message
        signed = msgspec.structs.replace(calls[0], signature=shape.value, origin=None)
        blocks = [signed if block is calls[0] else block for block in message.blocks]
        return msgspec.structs.replace(message, content=blocks)

    def _write_system(self, messages: Sequence[Message]) -> object:
        if self._shape.system == "blocks":
            blocks = [block for message in messages for block in message.blocks]
            return [wire for block in blocks for wire in self._blocks.write(block)] or MISSING
        if takes_cache(self._shape, "system"):
            blocks = [block for message in messages for block in message.blocks]
            if any(getattr(block, "cache", None) for block in blocks):
                return [wire for block in blocks for wire in self._blocks.write(block)]
        return "\n\n".join(message.text for message in messages)

    def _write_text(self, message: Message, text: str) -> Iterable[Wire]:
        """Write a message of text alone."""
        content = text if self._shape.plain_text else self._blocks.write_text(text)
        values: dict[str, object] = {"text": text}
        if message.name is not None:
            values["name"] = message.name
        if content or self._shape.plain_text:
            values["content"] = content
        elif message.role is MessageRole.ASSISTANT or self._shape.merge_turns:
            return ()
        return (self._fill_template(message.role, values),)

    def _write_turns(self, message: Message) -> Iterable[object]:
        if self._shape.items:
            yield from self._write_items(message)
            return
        results = [block for block in message.blocks if isinstance(block, ToolResultBlock)]
        if not results or "tool_result" in self._shape.blocks:
            yield from self._write_turn(message)
            return
        for result in results:
            yield self._fill_template(MessageRole.TOOL, self._blocks.values(result))
        if len(results) < len(message.blocks):
            others = tuple(b for b in message.blocks if not isinstance(b, ToolResultBlock))
            yield from self._write_turn(msgspec.structs.replace(message, content=others))

    def _write_items(self, message: Message) -> Iterable[object]:
        """Write blocks with an item template as items, and the blocks between them as turns."""
        run: list[Block] = []
        for block in message.blocks:
            if self._is_content(block, message.role):
                run.append(block)
                continue
            if run:
                yield from self._write_turn(msgspec.structs.replace(message, content=tuple(run)))
                run = []
            yield from self._blocks.write(block)
        if run:
            yield from self._write_turn(msgspec.structs.replace(message, content=tuple(run)))

    def _is_content(self, block: Block, role: MessageRole) -> bool:
        if self._blocks.kind(block) in self._shape.items:
            return False
        # An item of a response is written as an item again.
        if role is not MessageRole.ASSISTANT or not isinstance(block, ResponseBlock):
            return True
        return not (block.raw and self._blocks.is_own(block))

    def _write_turn(self, message: Message) -> Iterable[Wire]:
        values: dict[str, object] = {"text": message.text}
        if message.name is not None:
            values["name"] = message.name
        content = self._write_content(message)
        if content is not MISSING:
            values["content"] = content
        form = self._forms.roles.get(message.role)
        placeholders = form.placeholders if form is not None else ()
        all_fields = self._write_fields(message.blocks)
        fields = {k: v for k, v in all_fields.items() if k in placeholders}
        if self._tags is not None and "thinking" in all_fields:
            content = values["content"] = self._add_tagged(content, all_fields, fields)
        if content is not MISSING or fields or message.role is not MessageRole.ASSISTANT:
            yield self._fill_template(message.role, {**values, **fields})

    def _add_tagged(
        self, content: object, all_fields: Mapping[str, object], fields: Mapping[str, object]
    ) -> object:
        """Return a turn's content behind its thinking in tags, unless that has another place."""
        tags, thinking = self._tags, all_fields["thinking"]
        if tags is None or not fields.keys().isdisjoint(("thinking", "thinking_raw")):
            return content
        tagged = f"{tags.open}\n{thinking}\n{tags.close}\n\n"
        if isinstance(content, list):
            return [*self._blocks.write_text(tagged), *content]
        return tagged + content if isinstance(content, str) else tagged

    def _fill_template(self, role: MessageRole, values: Mapping[str, object]) -> Wire:
        form = self._forms.roles.get(role)
        turn = MISSING if form is None else form.fill(values)
        if turn is MISSING:
            raise RequestError(f"{self._target} has no {role.value!r} messages")
        return turn

    def _write_content(self, message: Message) -> object:
        blocks = [block for block in message.blocks if not self._is_field(block)]
        plain = self._shape.plain_text and all(self._is_plain(block) for block in blocks)
        # A user's message in several parts stays so; messages of other roles are joined.
        if plain and (len(blocks) < 2 or message.role is not MessageRole.USER):
            return join_text(blocks) if blocks else MISSING
        return [wire for block in blocks for wire in self._blocks.write(block)] or MISSING

    def _is_plain(self, block: Block) -> bool:
        marked = isinstance(block, TextBlock) and block.cache and takes_cache(self._shape, "text")
        return isinstance(block, TextBlock) and not marked

    def _is_field(self, block: Block) -> bool:
        """Whether a block is written to a field of the message, beside its content."""
        if isinstance(block, AudioBlock):
            return self._blocks.has_audio_field and block.origin is not None
        if isinstance(block, TextBlock):
            return block.is_refusal and self._has_place("refusal")
        if isinstance(block, ThinkingBlock) and block.phase == "plan" and self._has_place("plan"):
            return True
        kinds = (ToolUseBlock, "tool_use"), (ThinkingBlock, "thinking")
        return any(isinstance(block, k) and name not in self._shape.blocks for k, name in kinds)

    def _has_place(self, placeholder: str) -> bool:
        """Whether a model's turn has a field of its own for that."""
        form = self._forms.roles.get(MessageRole.ASSISTANT)
        return form is not None and placeholder in form.placeholders

    def _write_call(self, call: ToolUseBlock) -> Wire:
        form = self._forms.tool_call
        if call.is_custom and self._forms.custom_tool_call is not None:
            form = self._forms.custom_tool_call
        written = form.fill(self._blocks.values(call)) if form is not None else MISSING
        return self._blocks.add_extra(call, written) if isinstance(written, dict) else written

    def _write_fields(self, blocks: Sequence[Block]) -> dict[str, object]:
        fields: dict[str, object] = {}
        form = self._forms.tool_call
        if form is not None and (calls := [b for b in blocks if isinstance(b, ToolUseBlock)]):
            fields["tool_calls"] = [self._write_call(call) for call in calls]
        thoughts = [b for b in blocks if isinstance(b, ThinkingBlock) and self._blocks.is_own(b)]
        if thoughts and self._has_place("plan"):
            plans = [thought for thought in thoughts if thought.phase == "plan"]
            thoughts = [thought for thought in thoughts if thought.phase != "plan"]
            if plans:
                fields["plan"] = "".join(plan.thinking for plan in plans)
        for block in blocks:
            if isinstance(block, AudioBlock) and block.id and block.origin is not None:
                fields["audio_id"] = block.id
            elif isinstance(block, TextBlock) and block.is_refusal:
                fields["refusal"] = f"{fields.get('refusal', '')}{block.text}"
        if any(isinstance(b, ThinkingBlock) and not self._blocks.is_own(b) for b in blocks):
            self._blocks.left_out.add("thinking")
        if thinking := "".join(block.thinking for block in thoughts):
            fields["thinking"] = thinking
        if raw := [item for block in thoughts for item in block.raw]:
            fields["thinking_raw"] = raw
        return fields


def _merge_turns(turns: Iterable[object]) -> Iterable[object]:
    """Join neighbouring turns that differ in one list only."""
    last: object = None
    for turn in turns:
        joined = _join_turns(last, turn)
        if joined is None and last is not None:
            yield last
        last = joined or turn
    if last is not None:
        yield last


def _join_turns(left: object, right: object) -> Wire | None:
    if not (isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys()):
        return None
    different = [key for key in left if left[key] != right[key] or isinstance(left[key], list)]
    if len(different) != 1 or not isinstance(left[different[0]], list):
        return None
    (key,) = different
    return {**left, key: [*left[key], *right[key]]}
