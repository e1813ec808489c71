"""Single chunks, as met in the wild."""

from __future__ import annotations

import itertools
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f.chat import Citation, Finished, Progress, Reasoning, Text, ToolCall
from g4f.errors import Interrupted, ProtocolViolation, ProviderError, ServerFailed
from g4f.openai_answer import Answer, Likeness, ThinkTag


def read(*chunks: object) -> list[object]:
    answer = Answer("Service", "model")
    events: list[object] = []
    for chunk in chunks:
        events += answer.read(chunk if isinstance(chunk, str) else json.dumps(chunk))
    return [*events[1:], *answer.close()]


def delta(finish: str | None = None, **fields: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


@given(st.text(alphabet="а<think/>! \n", max_size=60), st.lists(st.integers(0, 80), max_size=8))
def test_the_tag_of_thinking_is_found_wherever_it_is_cut(said: str, places: list[int]) -> None:
    def parts(text: str, marks: list[int]) -> tuple[str, str]:
        tag = ThinkTag()
        bounds = [0, *sorted(mark % (len(text) + 1) for mark in marks), len(text)]
        pieces: list[Text | Reasoning] = []
        for start, end in itertools.pairwise(bounds):
            piece = text[start:end]
            if piece:
                pieces += [Text(piece)] if tag.over else tag.feed(piece)
        pieces += tag.close()
        return tuple("".join(p.text for p in pieces if isinstance(p, kind)) for kind in (Reasoning, Text))  # type: ignore[return-value]

    for text in (said, f"<think>{said}", f" <think>\n{said}</think>\n\n{said}"):
        assert parts(text, places) == parts(text, [])


def test_a_tag_further_on_is_text() -> None:
    events = read(delta(content="Тег <think>"), delta("stop", content=" пишут так</think>"))
    assert events == [Text("Тег <think>"), Text(" пишут так</think>"), Finished("stop")]


def test_spaces_without_end_are_not_kept_until_a_tag_comes() -> None:
    tag = ThinkTag()
    said = "".join(piece.text for _ in range(3_000) for piece in ([Text(" ")] if tag.over else tag.feed(" ")))
    assert len(said) > 1_500
    assert read(delta(content=" " * 900), delta("stop", content="<think>да</think>нет"))[:2] == [Reasoning("да"), Text("нет")]


def test_thinking_that_never_ends_is_still_thinking() -> None:
    events = read(delta(content="<think>думаю</th"), delta("length"))
    assert events == [Reasoning("думаю"), Reasoning("</th"), Finished("length")]


def test_arguments_given_as_an_object_become_text() -> None:
    call = {"function": {"name": "f", "arguments": {"город": 1}}}
    assert read(delta("tool_calls", tool_calls=[call]))[0] == ToolCall(0, "", "f", '{"город": 1}')


@pytest.mark.parametrize(
    "chunk",
    [
        '{"choices":[{"delta":{"tool_calls":[{"id":%s,"function":{"name":%s,"arguments":%s}}]}}]}',
        '{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":{"a":%s}}}]}}]}',
        '{"choices":[{"delta":{"annotations":[{"url_citation":{"url":"https://example.org/","title":%s}}]}}]}',
        '{"choices":[{"delta":{"content":"да"},"finish_reason":%s}]}',
        '{"model":%s,"choices":[{"delta":{"content":%s}}]}',
        '{"choices":[],"usage":{"prompt_tokens":%s},"timings":{"predicted_ms":%s},"prompt_progress":{"total":%s}}',
        '{"error":%s}',
        '{"error":{"message":%s,"code":429}}',
        '{"x_groq":{"error":%s}}',
    ],
)
def test_what_is_nested_too_deeply_to_be_written_is_no_fault_of_ours(chunk: str) -> None:
    for depth in range(800, 1000):  # somewhere here ends what can be read, and a little before it what can be written
        document = chunk.replace("%s", "[" * depth + "]" * depth)
        with suppress(ProviderError):
            Answer("Service", "model").read(document)
        with suppress(ProviderError):
            Answer("Service", "model").read_whole(document.replace('"delta"', '"message"'))


def test_the_old_form_of_a_call_is_understood() -> None:
    events = read(delta("function_call", function_call={"name": "f", "arguments": "{}"}))
    assert events == [ToolCall(0, "", "f", "{}"), Finished("tool")]


def test_sources_are_citations_if_they_are_pages() -> None:
    notes = [
        {"type": "url_citation", "url_citation": {"url": "https://example.org/", "title": "Пример"}},
        {"type": "url_citation", "url_citation": {"url": "javascript:alert(1)"}},
    ]
    assert read(delta("stop", content="Да", annotations=notes))[1] == Citation("https://example.org/", "Пример")


def test_a_source_is_a_part_of_the_answer() -> None:
    note = {"type": "url_citation", "url_citation": {"url": "https://example.org/", "title": "Пример"}}
    answer = Answer("Service", "model")
    answer.read(json.dumps(delta(annotations=[note])))
    assert answer.spoke


def test_an_answer_without_a_word_is_no_answer() -> None:
    with pytest.raises(ProtocolViolation):
        read(delta("stop"), "[DONE]")


def test_a_refusal_is_what_the_model_says() -> None:
    assert read(delta("stop", refusal="Не могу"))[0] == Text("Не могу")


@pytest.mark.parametrize("reason", ["error", "ERROR", "insufficient_system_resource"])
def test_a_finish_that_is_a_failure_is_raised(reason: str) -> None:
    with pytest.raises(ServerFailed):
        read(delta(content="Нач"), delta(reason))


def test_an_orphaned_half_of_an_emoji_is_replaced() -> None:
    chunk = '{"choices":[{"index":0,"delta":{"content":"a\\ud83d"},"finish_reason":"stop"}]}'
    assert "".join(event.text for event in read(chunk) if isinstance(event, Text)) == "a\ufffd"


def test_a_stream_without_any_end_was_cut() -> None:
    with pytest.raises(Interrupted):
        read(delta(content="Нач"))


@pytest.mark.parametrize(
    ("progress", "fraction"),
    [('"processed": 1, "total": 4', 0.25), ('"processed": NaN, "total": 4', None), ('"processed": 1e999, "total": 1e999', None)],
)
def test_progress_is_a_share_or_unknown(progress: str, fraction: float | None) -> None:
    events = Answer("P", "m").read('{"choices": [], "prompt_progress": {%s}}' % progress)  # noqa: UP031 - braces all over
    assert events[-1] == Progress("prompt", fraction)


HEAD = '{"id":"1","choices":[{"index":0,"delta":'
TAILS = [',"finish_reason":null}]}', '}],"usage":null}', '}],"usage":{"prompt_tokens":1}}', "}]}", ',"logprobs":{"content":[]}}]}']
DELTAS = [
    *('{"content":""}', '{"content":null}', r'{"content":"a\n\"b\""}', r'{"content":"\ud83d"}', r'{"content":"\ude42"}'),
    *('{"content":"\u2028"}', '{"content":"a\tb"}', '{"content":"да","content":"нет"}', '{"content":"нет","content":"да"}'),
    *('{"content":"да","reasoning":"думаю"}', '{"refusal":"да","x":{"content":"да"}}', '{"content":[{"type":"text","text":"да"}]}'),
    *('{"role":"assistant","content":"да"}', '{"content":"да","tool_calls":[{"index":0}]}', '{"content":"да"},"x":{"delta":{}}'),
]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(DELTAS) | st.text(max_size=6).map(lambda text: json.dumps({"content": text}, ensure_ascii=False)),
            st.sampled_from(TAILS[:1]) | st.sampled_from(TAILS),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_a_chunk_says_what_it_says_whatever_was_learnt_of_those_before(parts: list[tuple[str, str, bool]]) -> None:
    chunks = [HEAD + said + tail for said, tail, _ in parts]
    chunks = [chunk.replace('":', '": ') if part[2] else chunk for chunk, part in zip(chunks, parts, strict=True)]

    def read_all(lessons: int) -> object:
        answer = Answer("Service", "model")
        answer._likeness.LESSONS = lessons
        events: list[object] = []
        try:
            for chunk in chunks:
                events += answer.read(chunk)
        except ProtocolViolation as error:
            events.append(str(error))
        return events, answer._usage, answer.finish

    assert read_all(1000) == read_all(0)


def test_a_chunk_that_is_like_the_one_before_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer("Service", "model")
    for word in ("раз", "два"):
        answer.read(json.dumps(delta(content=word), ensure_ascii=False))
    monkeypatch.setattr(answer._json, "object", pytest.fail)
    assert list(answer.read(json.dumps(delta(content="три"), ensure_ascii=False))) == [Text("три")]


def test_a_service_whose_chunks_are_never_alike_is_not_learnt_for_ever() -> None:
    likeness = Likeness()
    for number in range(10):
        likeness.learn(f'{{"n":{number},"choices":[{{"delta":{{"content":"а"}}}}]}}', "а")
    assert likeness._before.startswith('{"n":2')


def test_a_chunk_that_tells_more_than_its_text_is_no_example() -> None:
    """One that ends the answer is not learnt: the next one like it could be taken for a mere word."""
    chunk = '{"choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":%s}]}'
    answer = Answer("p", "m")
    for text, reason in (("а", "null"), ("б", '"length"'), ("\\u0432", '"stop"'), ("г", '"length"')):
        answer.read(chunk % (text, reason))
    assert answer.finish == "length"
