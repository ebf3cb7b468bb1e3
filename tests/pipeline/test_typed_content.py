"""Sources, probabilities, sound, pictures, refusals, custom calls, phases: plain and streamed."""

import json
from typing import Any

import pytest

from ai_lib.pipeline import Pipeline
from ai_lib.pipeline.plain_response import read_response
from ai_lib.pipeline.response_events import replay_events
from ai_lib.types.content import (
    AudioBlock,
    Citation,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    TokenLogprob,
    ToolUseBlock,
)
from ai_lib.types.events import PartialContentDelta
from ai_lib.types.response import ChatResponse
from tests.pipeline.manifests import bundled, sse

Json = dict[str, Any]
PNG = "iVBORw0KGgoAAAANSUhEUg=="


def streamed(provider: str, family: str | None, *frames: Json) -> ChatResponse:
    pipeline = Pipeline(bundled(provider, family))
    events = pipeline.feed(sse([*map(json.dumps, frames), "[DONE]"])) + pipeline.close()
    assert pipeline.failure is None
    response = pipeline.response()
    assert (response.unmapped, response.unknown_events) == ({}, 0)
    again = pipeline.response()
    assert again == response
    assert events[-1].is_stream_end
    return response


def plain(provider: str, family: str | None, body: Json) -> ChatResponse:
    response = read_response(bundled(provider, family), json.dumps(body).encode())
    assert response.unmapped == {}
    return response


def same(one: ChatResponse, other: ChatResponse) -> ChatResponse:
    """Give what both said alike, and is said alike again as events."""
    assert one.candidates == other.candidates
    events = list(replay_events(one))
    shown = "".join(e.content for e in events if isinstance(e, PartialContentDelta))
    assert shown == "".join(b.text for b in one.candidates[0].blocks if isinstance(b, TextBlock))
    return one


def choice(kind: str, said: Json, reason: str | None = None, **more: Any) -> Json:
    return {"choices": [{"index": 0, kind: said, "finish_reason": reason, **more}]}


def chat(provider: str, said: Json, *deltas: Json, **more: Any) -> ChatResponse:
    """Give what a message says, whole and in these deltas; `more` stands beside the choices."""
    frames = [{**choice("delta", delta), **more} for delta in deltas]
    return same(
        plain(provider, None, {**choice("message", said, "stop"), **more}),
        streamed(provider, None, *frames, {**choice("delta", {}, "stop"), **more}),
    )


def item(kind: str, index: int, value: Json) -> Json:
    return {"type": f"response.output_item.{kind}", "output_index": index, "item": value}


def responses(items: list[Json], *frames: Json) -> ChatResponse:
    """Give what items say: whole, in frames, and in the last frame alone."""
    body = {"id": "r", "model": "m", "status": "completed", "output": items}
    end = {"type": "response.completed", "response": body}
    whole = plain("openai", "responses", body)
    done = [item("done", index, value) for index, value in enumerate(items)]
    same(whole, streamed("openai", "responses", end))
    return same(whole, streamed("openai", "responses", *frames, *done, end))


def message(text: str, **more: Any) -> Json:
    part = {"type": "output_text", "text": text, **more}
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": [part]}


def test_annotations_are_citations() -> None:
    source = {"url": "u", "title": "T", "start_index": 1, "end_index": 3}
    nested = {"type": "url_citation", "url_citation": source}
    cited = Citation(url="u", title="T", start=1, end=3, raw=nested)
    said = {"content": "Low.", "annotations": [nested]}
    response = chat("openai", said, {"content": "Low."}, {"annotations": [nested]})
    assert response.citations == [cited]
    flat = {"type": "url_citation", **source}
    file = {"type": "file_citation", "file_id": "f", "filename": "a.txt", "index": 2}
    added = [
        {"type": "response.output_text.annotation.added", "output_index": 0, "annotation": each}
        for each in (flat, file)
    ]
    pieces = [{"type": "response.output_text.delta", "output_index": 0, "delta": "Low."}]
    response = responses([message("Low.", annotations=[flat, file])], *pieces, *added)
    assert response.citations == [
        Citation(url="u", title="T", start=1, end=3, raw=flat),
        Citation(title="a.txt", source_id="f", raw=file),
    ]


def test_listed_sources_are_found_by_their_marks() -> None:
    text = "Low [2] and [1][2]. [3]"
    results = [{"title": "A", "url": "u1"}, {"title": "B", "url": "u2"}, {"url": "u3"}]
    more = {"citations": ["u1", "u2", "u3", "u4"], "search_results": results}
    deltas = ({"content": text[:9]}, {"content": text[9:]})
    response = chat("perplexity", {"content": text}, *deltas, **more)
    assert [(c.url, c.title, c.start, c.end) for c in response.citations] == [
        ("u1", "A", 12, 15),
        ("u2", "B", 4, 7),
        ("u2", "B", 15, 18),
        ("u3", None, 20, 23),
        ("u4", None, None, None),
    ]
    named = [{"index": 7, "title": "A", "url": "u"}]
    listed = {"search_info": {"search_results": named}}
    text = "Low [ref_7]."
    response = chat("qwen", {"content": text}, {"content": text}, **listed)
    assert [(c.url, c.start, c.end) for c in response.citations] == [("u", 4, 11)]
    listed = {"web_search": [{"link": "u", "title": "A"}]}
    response = chat("zhipu", {"content": text}, {"content": text}, **listed)
    assert [(c.url, c.start) for c in response.citations] == [("u", None)]


def test_references_stand_where_they_are_in_the_text() -> None:
    reference = {"type": "reference", "reference_ids": [0, "b"]}
    parts = [{"type": "text", "text": "Rain "}, reference, {"type": "text", "text": "today."}]
    response = chat("mistral", {"content": parts}, *({"content": [part]} for part in parts))
    assert response.content == "Rain today."
    assert [(c.source_id, c.start, c.end) for c in response.citations] == [("0", 5, 5), ("b", 5, 5)]


def test_sources_of_blocks() -> None:
    found = {
        "type": "web_search_result_location",
        "url": "u",
        "title": "T",
        "cited_text": "tide",
        "encrypted_index": "E",
    }
    paged = {"type": "page_location", "document_index": 0, "document_title": "D", "cited_text": "x"}
    own = {"type": "search_result_location", "source": "s", "title": "S", "cited_text": "y"}
    block = {"type": "text", "text": "Low.", "citations": [found, paged, own]}
    body = {"content": [block], "stop_reason": "end_turn"}
    pieces = [{"type": "text_delta", "text": "Low."}]
    pieces += [{"type": "citations_delta", "citation": each} for each in (found, paged, own)]
    start = {"type": "text", "text": ""}
    frames = [
        {"type": "content_block_start", "index": 0, "content_block": start},
        *({"type": "content_block_delta", "index": 0, "delta": piece} for piece in pieces),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {"type": "message_stop"},
    ]
    whole = plain("anthropic", None, body)
    response = same(whole, streamed("anthropic", None, *frames))
    assert response.citations == [
        Citation(url="u", title="T", cited_text="tide", raw=found),
        Citation(title="D", source_id="0", cited_text="x", raw=paged),
        Citation(url="s", title="S", cited_text="y", raw=own),
    ]
    # A block that is whole as it starts has the same.
    frames[0]["content_block"], frames[1:5] = block, []
    same(whole, streamed("anthropic", None, *frames))


def test_grounding_counts_bytes() -> None:
    text = "Grüße, low tide."
    chunks = [{"web": {"uri": "u1", "title": "A"}}, {"web": {"uri": "u2"}}, {"web": {"uri": "u3"}}]
    supports: list[Json] = [
        {"segment": {"startIndex": 9, "endIndex": 18, "text": "low tide."},
         "groundingChunkIndices": [0, 1]},
        {"segment": {"endIndex": 7, "text": "Grüße"}, "groundingChunkIndices": [1]},
    ]  # fmt: skip
    grounding = {"groundingChunks": chunks, "groundingSupports": supports}
    said = {"content": {"role": "model", "parts": [{"text": text}]}}
    ended = {"index": 0, "finishReason": "STOP", "groundingMetadata": grounding}
    body = {"candidates": [{**said, **ended}]}
    whole = plain("gemini", None, body)
    frames = [{"candidates": [{**said, "index": 0}]}, {"candidates": [ended]}]
    response = same(whole, streamed("gemini", None, *frames))
    assert [(c.url, c.start, c.end) for c in response.citations] == [
        ("u1", 7, 16),
        ("u2", 7, 16),
        ("u2", 0, 5),
        ("u3", None, None),
    ]


def test_sources_of_cohere() -> None:
    documents = [{"type": "document", "id": "d1", "document": {"title": "T"}}, {"id": "d2"}]
    citation = {"start": 0, "end": 3, "text": "Low", "sources": documents}
    content = [{"type": "text", "text": "Low."}]
    said = {"role": "assistant", "content": content, "citations": [citation]}
    whole = plain("cohere", None, {"id": "c", "finish_reason": "COMPLETE", "message": said})
    frames = [
        {"type": "content-delta", "delta": {"message": {"content": {"text": "Low."}}}},
        {"type": "citation-start", "delta": {"message": {"citations": citation}}},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
    ]
    response = same(whole, streamed("cohere", None, *frames))
    assert [(c.source_id, c.title, c.start, c.end) for c in response.citations] == [
        ("d1", "T", 0, 3),
        ("d2", None, 0, 3),
    ]


def test_every_token_has_its_probability() -> None:
    tokens = [
        {"token": "Lo", "logprob": -0.25, "bytes": [76, 111], "top_logprobs": [
            {"token": "Hi", "logprob": -2, "bytes": None}]},
        {"token": "w", "logprob": -0.5, "bytes": None, "top_logprobs": []},
    ]  # fmt: skip
    wanted = (
        TokenLogprob(
            token="Lo",
            logprob=-0.25,
            bytes=(76, 111),
            alternatives=(TokenLogprob(token="Hi", logprob=-2.0),),
        ),
        TokenLogprob(token="w", logprob=-0.5),
    )
    body = choice("message", {"content": "Low"}, "stop", logprobs={"content": tokens})
    frames = [
        choice("delta", {"content": token["token"]}, logprobs={"content": [token]})
        for token in tokens
    ]
    whole = plain("openai", None, body)
    response = same(whole, streamed("openai", None, *frames, choice("delta", {}, "stop")))
    assert response.logprobs == wanted
    columns = {"tokens": ["Lo", "w"], "token_logprobs": [-0.25, -0.5], "top_logprobs": [{"Hi": -2}]}
    listed = plain(
        "together", None, choice("message", {"content": "Low"}, "stop", logprobs=columns)
    )
    assert [(t.token, t.logprob, len(t.alternatives)) for t in listed.logprobs] == [
        ("Lo", -0.25, 1),
        ("w", -0.5, 0),
    ]
    deltas = [
        {
            "type": "response.output_text.delta",
            "output_index": 0,
            "delta": token["token"],
            "logprobs": [token],
        }
        for token in tokens
    ]
    assert responses([message("Low", logprobs=tokens)], *deltas).logprobs == wanted


def test_tokens_of_other_dialects() -> None:
    chosen = [{"token": "Lo", "tokenId": 4, "logProbability": -0.25}]
    top = [{"candidates": [{"token": "Lo", "tokenId": 4, "logProbability": -0.25}]}]
    result = {"chosenCandidates": chosen, "topCandidates": top}
    said = {"content": {"role": "model", "parts": [{"text": "Lo"}]}, "logprobsResult": result}
    body = {"candidates": [{**said, "index": 0, "finishReason": "STOP"}]}
    token = TokenLogprob(token="Lo", logprob=-0.25, token_id=4)
    wanted = (TokenLogprob(token="Lo", logprob=-0.25, token_id=4, alternatives=(token,)),)
    response = same(plain("gemini", None, body), streamed("gemini", None, body))
    assert response.logprobs == wanted
    given = {"text": "Low", "token_ids": [4, 5], "logprobs": [-0.25, -1]}
    said = {"role": "assistant", "content": [{"type": "text", "text": "Low"}]}
    body = {"id": "c", "finish_reason": "COMPLETE", "message": said, "logprobs": [given]}
    piece = {"type": "content-delta", "delta": {"message": {"content": {"text": "Low"}}}}
    end = {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}
    frames = [{**piece, "logprobs": given}, end]
    response = same(plain("cohere", None, body), streamed("cohere", None, *frames))
    assert [(t.token, t.token_id, t.logprob) for t in response.logprobs] == [
        ("Low", 4, -0.25),
        ("", 5, -1.0),
    ]


def test_sound_comes_with_its_transcript() -> None:
    said = {"id": "a_1", "data": "AAAA", "transcript": "Low tide.", "expires_at": 9}
    pieces: list[Json] = [
        {"audio": {"id": "a_1", "transcript": "Low "}},
        {"audio": {"data": "AA=="}},
        {"audio": {"transcript": "tide.", "data": "AAA="}},
        {"audio": {"expires_at": 9}},
    ]
    response = chat("openai", {"content": None, "audio": said}, *pieces)
    assert response.audio == AudioBlock(
        data="AAAA", transcript="Low tide.", id="a_1", expires_at=9, origin="openai:openai_chat"
    )
    assert (response.audio.to_bytes(), response.audio.format) == (bytes(3), None)
    # A closing frame that has all of it adds nothing.
    last = choice("message", {"content": None, "audio": said}, "stop")
    frames = [choice("delta", piece) for piece in pieces]
    same(response, streamed("openai", None, *frames, last))
    same(response, streamed("openai", None, last))


def test_media_of_parts() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": PNG}, "thoughtSignature": "S"}
    sound = {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "AAAA"}}
    film = {"inlineData": {"mimeType": "video/mp4", "data": "AAAA"}}
    draft = {"thought": True, **picture}
    parts = [draft, {"text": "Here."}, picture, sound, sound, film]
    content = {"role": "model", "parts": parts}
    body = {"candidates": [{"index": 0, "content": content, "finishReason": "STOP"}]}
    frames: list[Json] = [
        {"candidates": [{"index": 0, "content": {"role": "model", "parts": [part]}}]}
        for part in parts
    ]
    frames.append({"candidates": [{"index": 0, "finishReason": "STOP"}]})
    response = same(plain("gemini", None, body), streamed("gemini", None, *frames))
    origin = "gemini:gemini_generate"
    assert response.images == [
        ImageBlock(data=PNG, media_type="image/png", signature="S", origin=origin)
    ]
    assert response.audio is not None
    assert (response.audio.data, response.audio.format) == ("AAAAAAAA", "l16")
    kept = [block.raw for block in response.candidates[0].blocks if block.raw]  # type: ignore[union-attr]
    assert kept == [(draft,), (film,)]


def test_pictures_of_chat_and_responses() -> None:
    url = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    far = {"type": "image_url", "image_url": {"url": "https://e.com/a.png"}}
    said = {"content": "Here.", "images": [url, far]}
    response = chat("openrouter", said, {"content": "Here."}, {"images": [url]}, {"images": [far]})
    assert [(i.data, i.media_type, i.url) for i in response.images] == [
        (PNG, "image/png", None),
        (None, None, "https://e.com/a.png"),
    ]
    call = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": PNG}
    drawn = responses([call])
    assert [(i.id, i.media_type, i.raw) for i in drawn.images] == [("ig_1", "image/png", (call,))]
    assert drawn.images[0].to_bytes().startswith(b"\x89PNG")
    failed = responses([{**call, "status": "failed", "result": None}, message("No.")])
    assert (failed.images, failed.content) == ([], "No.")


def test_a_refusal_is_marked() -> None:
    response = chat("openai", {"content": None, "refusal": "I can't."}, {"refusal": "I can't."})
    assert response.candidates[0].blocks == (TextBlock(text="I can't.", is_refusal=True),)
    assert (response.refusal, response.termination_reason) == ("I can't.", "refusal")
    refused = {"type": "refusal", "refusal": "No."}
    said = {**message(""), "content": [refused]}
    pieces = [{"type": "response.refusal.delta", "output_index": 0, "delta": "No."}]
    assert responses([said], *pieces).refusal == "No."
    assert chat("openai", {"content": "Yes."}, {"content": "Yes."}).refusal is None


def test_custom_calls_have_free_text() -> None:
    text = '{"not": json} *** begin'
    call = {"index": 0, "id": "c1", "type": "custom", "custom": {"name": "patch", "input": text}}
    start = {**call, "custom": {"name": "patch", "input": ""}}
    pieces = [
        {"index": 0, "custom": {"input": piece}} for piece in ('{"not": ', "json}", " *** begin")
    ]
    response = chat(
        "openai", {"tool_calls": [call]}, *({"tool_calls": [each]} for each in (start, *pieces))
    )
    (made,) = response.tool_calls
    assert (made.is_custom, made.name, made.arguments) == (True, "patch", {"input": text})
    assert response.candidates[0].blocks == (
        ToolUseBlock(id="c1", name="patch", input={"input": text}, is_custom=True),
    )
    made_by = {"type": "custom_tool_call", "id": "i", "call_id": "c1", "name": "patch"}
    whole = {**made_by, "input": text}
    frames = [
        item("added", 0, {**made_by, "input": ""}),
        {"type": "response.custom_tool_call_input.delta", "output_index": 0, "delta": text[:9]},
        {"type": "response.custom_tool_call_input.delta", "output_index": 0, "delta": text[9:]},
        {"type": "response.custom_tool_call_input.done", "output_index": 0, "input": text},
    ]
    response = responses([whole], *frames)
    (made,) = response.tool_calls
    assert (made.is_custom, made.arguments, response.termination_reason) == (
        True,
        {"input": text},
        "tool_use",
    )


def test_commentary_stands_beside_the_answer() -> None:
    said = [
        {**message("Let me look."), "phase": "commentary"},
        {**message('{"low": 3}'), "phase": "final_answer", "id": "msg_2"},
    ]
    frames = []
    for index, each in enumerate(said):
        text = each["content"][0]["text"]
        frames.append(item("added", index, {**each, "content": []}))
        frames += [
            {"type": "response.output_text.delta", "output_index": index, "delta": piece}
            for piece in (text[:2], text[2:4], text[4:6], text[6:])
        ]
    pipeline = Pipeline(bundled("openai", "responses"))
    events = pipeline.feed(sse(map(json.dumps, frames)))
    phases = {e.phase for e in events if isinstance(e, PartialContentDelta) and e.index == 0}
    assert phases == {"commentary"}
    response = responses(said, *frames)
    assert response.content == '{"low": 3}'
    assert response.candidates[0].commentary == "Let me look."
    alone = responses(said[:1], *frames[:5])
    assert alone.content == "Let me look."


def test_a_plan_is_a_plan() -> None:
    content = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Low."}]
    said = {"role": "assistant", "tool_plan": "I look.", "content": content}
    whole = plain("cohere", None, {"id": "c", "finish_reason": "COMPLETE", "message": said})
    frames = [
        {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I "}}},
        {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "look."}}},
        {"type": "content-delta", "delta": {"message": {"content": {"thinking": "Hm."}}}},
        {"type": "content-delta", "delta": {"message": {"content": {"text": "Low."}}}},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
    ]
    same(whole, streamed("cohere", None, *frames))
    blocks = [block for block in whole.candidates[0].blocks if isinstance(block, ThinkingBlock)]
    assert [(block.thinking, block.phase) for block in blocks] == [
        ("I look.", "plan"),
        ("Hm.", None),
    ]


@pytest.mark.parametrize(
    ("provider", "frame"),
    [
        ("openai", choice("message", {"content": "a", "audio": {"data": 7, "id": []}}, "stop")),
        ("openai", choice("message", {"content": "a", "images": [1, {"image_url": 2}]}, "stop")),
        ("openai", choice("message", {"content": "a"}, "stop", logprobs={"content": [1, {}]})),
        ("openai", choice("message", {"content": "a", "annotations": [None, 1]}, "stop")),
        ("perplexity", {**choice("message", {"content": "a"}, "stop"), "citations": [1, {}]}),
    ],
)
def test_misshapen_content_harms_nothing(provider: str, frame: Json) -> None:
    response = read_response(bundled(provider), json.dumps(frame).encode())
    assert response.content == "a"
