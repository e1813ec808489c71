"""One answer in OpenAI's dialect: chunks in, events out.

No network here, so every quirk met in the wild can be tested with a line of JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from g4f.chat import Citation, Event, Finished, FinishReason, Progress, Reasoning, Started, Text, ToolCall, Usage
from g4f.decoders import HALF, TolerantJSON, as_text, whole_characters
from g4f.errors import Interrupted, ProtocolViolation, ServerFailed
from g4f.http_errors import error_of_object
from g4f.model_list import TOKENS_CAP, count_of, name_of
from g4f.scales import ANSWER_CHARACTERS, EVENT_CHARACTERS, too_long

CALL_NUMBERS = 1 << 31  # a call of a tool with a number beyond is one without a number

_FINISH: Mapping[str, FinishReason] = {
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool",
    "tool_call": "tool",
    "function_call": "tool",
    "content_filter": "filter",
    "safety": "filter",
    "blacklist": "filter",
}
_FAILED = frozenset({"error", "insufficient_system_resource", "abort", "aborted"})
_CONTENT = re.compile(r'"delta":\s*{\s*(?:"role":\s*"assistant",\s*)?"content":\s*"')


class Answer:
    """One answer being read: chunks in, events out. ``finish`` is set by the service's last word, ``done`` by ``[DONE]``."""

    def __init__(self, provider: str, model: str) -> None:
        self.finish: FinishReason | None = None
        self.done = False
        self._provider = provider
        self._model = model
        self._json = TolerantJSON()
        self._started = False
        self._waited = False
        self._spoken = 0  # characters
        self._called = False
        self._cited = False
        self._usage: Mapping[str, Any] = {}
        self._seconds: float | None = None
        self._thinking = ThinkTag()
        self._likeness = Likeness()
        self._half = ""  # the first half of a surrogate pair whose other half is still to come

    @property
    def spoke(self) -> bool:
        """Whether any of the answer has come."""
        return self._spoken > 0 or self._cited

    def waiting(self) -> Sequence[Event]:
        """What a keep-alive means: once, before the first word, that we stand in a queue."""
        if self._started or self._waited:
            return ()
        self._waited = True
        return (Progress("queue"),)

    def read(self, data: str) -> Sequence[Event]:
        """The events of one chunk. Raises what an error object in it means."""
        if not self._half and (text := self._likeness.text(data)):
            self._weigh(len(text))
            return (Text(text),)
        if data == "[DONE]":
            self.done = True
            return ()
        if not data or data.isspace():
            return ()
        chunk = self._json.object(data)
        if chunk is None:
            return ()
        events: list[Event] = []
        if not self._started:
            events.append(self._begin(chunk))
        choices = chunk.get("choices")
        if choices and isinstance(choices, list) and isinstance(choices[0], dict):
            choice = self._first(choices)
            delta = choice.get("delta")
            if isinstance(delta, dict):
                self._read_delta(delta, events)
            reason = choice.get("finish_reason")
            if reason and isinstance(reason, str):
                self._read_finish(reason, chunk, choice)
        self._read_rest(chunk, events)
        # What a chunk that is only like this one need not repeat
        told_besides = self.finish or self._usage or self._seconds is not None
        if len(events) == 1 and type(events[0]) is Text and self._thinking.over and not told_besides:
            self._likeness.learn(data, events[0].text)
        return events

    def read_whole(self, data: str) -> Sequence[Event]:
        """The events of an answer that came as one JSON document."""
        answer = TolerantJSON().object(data) or {}
        events: list[Event] = [self._begin(answer)]
        self._read_rest(answer, events)
        choices = answer.get("choices")
        if not choices or not isinstance(choices, list) or not isinstance(choices[0], dict):
            raise ProtocolViolation("JSON that is neither an answer nor an error")
        message = choices[0].get("message")
        if isinstance(message, dict):
            self._read_delta(message, events)
        self._read_finish(as_text(choices[0].get("finish_reason") or "stop"), answer, choices[0])
        self.done = True
        return events

    def close(self) -> Sequence[Event]:
        """The last events. Raises ``Interrupted`` if the service never said that it had finished."""
        if self.finish is None and not self.done:
            raise Interrupted("the stream ended without its end")
        events: list[Event] = []
        self._say(self._thinking.close(), events)
        if self._half:
            self._add(Text("\N{REPLACEMENT CHARACTER}"), 1, events)
        if not self._spoken and not self._called and self.finish in (None, "stop"):
            raise ProtocolViolation("an empty answer")
        if self._usage or self._seconds is not None:
            events.append(self._counted())
        events.append(Finished(self.finish or "stop"))
        return events

    def _begin(self, chunk: Mapping[str, Any]) -> Started:
        self._started = True
        return Started(self._provider, name_of(chunk.get("model")) or self._model)

    def _first(self, choices: Sequence[Any]) -> Mapping[str, Any]:
        """The choice that is shown: number 0, wherever it stands."""
        if len(choices) > 1:
            for choice in choices:
                if isinstance(choice, dict) and choice.get("index", 0) == 0:
                    return choice
        first: Mapping[str, Any] = choices[0]
        return first if first.get("index", 0) in (0, None) else {}

    def _read_delta(self, delta: Mapping[str, Any], events: list[Event]) -> None:
        content = delta.get("content")
        if len(delta) > 1 or not content:
            self._read_reasoning(delta, events)
        if content:
            if isinstance(content, str):
                if self._half or not content.isascii():
                    content = self._whole_characters(content)
                if not content:
                    pass
                elif self._thinking.over:
                    self._add(Text(content), len(content), events)
                else:
                    self._say(self._thinking.feed(content), events)
            elif isinstance(content, list):
                self._read_parts(content, events)
        if len(delta) > 1 or not content:
            self._read_extras(delta, events)

    def _read_reasoning(self, delta: Mapping[str, Any], events: list[Event]) -> None:
        """Thinking under any of its names. Services that use two of them at once say the same in both."""
        for name in ("reasoning_content", "reasoning"):
            text = delta.get(name)
            if isinstance(text, str) and text:
                self._add(Reasoning(text), len(text), events)
                return
        details = delta.get("reasoning_details")
        for detail in details if isinstance(details, list) else ():
            text = (detail.get("text") or detail.get("summary")) if isinstance(detail, dict) else None
            if isinstance(text, str) and text:
                self._add(Reasoning(text), len(text), events)

    def _read_parts(self, parts: Sequence[Any], events: list[Event]) -> None:
        """Content given as a list of typed parts, thinking among them."""
        for part in parts:
            if not isinstance(part, dict):
                continue
            text = part.get("text")
            if isinstance(text, str) and (text := self._whole_characters(text)):
                self._add(Text(text), len(text), events)
            thinking = part.get("thinking")
            if isinstance(thinking, str):
                thinking = [{"text": thinking}]
            for piece in thinking if isinstance(thinking, list) else ():
                text = piece.get("text") if isinstance(piece, dict) else None
                if isinstance(text, str) and text:
                    self._add(Reasoning(text), len(text), events)

    def _read_extras(self, delta: Mapping[str, Any], events: list[Event]) -> None:
        refusal = delta.get("refusal")
        if isinstance(refusal, str) and (refusal := self._whole_characters(refusal)):
            self._add(Text(refusal), len(refusal), events)
        calls = delta.get("tool_calls")
        for place, call in enumerate(calls if isinstance(calls, list) else ()):
            if isinstance(call, dict):
                self._call(_tool_call(call, place), events)
        if isinstance(delta.get("function_call"), dict):
            self._call(_tool_call({"function": delta["function_call"]}, 0), events)
        notes = delta.get("annotations")
        for note in notes if isinstance(notes, list) else ():
            source = note.get("url_citation") if isinstance(note, dict) else None
            url = source.get("url") if isinstance(source, dict) else None
            if isinstance(source, dict) and isinstance(url, str) and url.startswith(("https://", "http://")):
                self._cited = True
                events.append(Citation(as_text(url), as_text(source.get("title") or url)))

    def _read_finish(self, reason: str, chunk: Mapping[str, Any], choice: Mapping[str, Any]) -> None:
        reason = reason.lower()
        if reason in _FAILED:
            error = chunk.get("error") or choice.get("error")
            raise error_of_object(error) if error else ServerFailed(f"the service ended the answer: {reason}")
        if reason not in ("null", "none"):
            self.finish = _FINISH.get(reason, "stop")

    def _read_rest(self, chunk: Mapping[str, Any], events: list[Event]) -> None:
        """What stands beside the choices: an error, the count, the time, the progress."""
        error = chunk.get("error")
        if error:
            raise error_of_object(error)
        usage = chunk.get("usage")
        if isinstance(usage, dict):
            self._usage = usage
        groq = chunk.get("x_groq")
        if isinstance(groq, dict):
            if groq.get("error"):
                raise error_of_object(groq["error"])
            if isinstance(groq.get("usage"), dict):
                self._usage = groq["usage"]
        timings = chunk.get("timings")
        if isinstance(timings, dict):
            self._seconds = _seconds(timings.get("predicted_ms"), 1000)
        progress = chunk.get("prompt_progress")
        if isinstance(progress, dict) and not self._spoken:
            events.append(Progress("prompt", _fraction(progress.get("processed"), progress.get("total"))))

    def _counted(self) -> Usage:
        usage = self._usage
        details = usage.get("completion_tokens_details")
        seconds = self._seconds if self._seconds is not None else _seconds(usage.get("completion_time"), 1)
        return Usage(
            count_of(usage.get("prompt_tokens")),
            count_of(usage.get("completion_tokens")),
            count_of(details.get("reasoning_tokens")) if isinstance(details, dict) else 0,
            seconds,
        )

    def _say(self, pieces: Sequence[Text | Reasoning], events: list[Event]) -> None:
        for piece in pieces:
            self._add(piece, len(piece.text), events)

    def _add(self, event: Text | Reasoning, length: int, events: list[Event]) -> None:
        self._weigh(length)
        events.append(event)

    def _call(self, event: ToolCall, events: list[Event]) -> None:
        self._called = True
        self._weigh(EVENT_CHARACTERS + len(event.id) + len(event.name) + len(event.arguments))
        events.append(event)

    def _weigh(self, length: int) -> None:
        self._spoken += length
        if self._spoken > ANSWER_CHARACTERS:
            raise too_long()

    def _whole_characters(self, text: str) -> str:
        """Text without lone halves of surrogate pairs: a pair that two chunks share is joined, an orphan becomes U+FFFD."""
        text, self._half = self._half + text, ""
        if text.isascii() or not HALF.search(text):
            return text
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return whole_characters(text)


class Likeness:
    """The chunks of an answer are alike: nearly all differ from the one before in nothing but the text between two quotes, and
    such a one need not be read as JSON again: 1.0 us instead of 3.7 (a word of Russian, this class alone).
    """

    LONGEST = 4_096  # characters of a chunk that is remembered
    LESSONS = 3  # so many that helped with nothing, one after another, are enough: every chunk of this service is another

    def __init__(self) -> None:
        self._before = self._after = "\0"
        self._useless = 0

    def text(self, data: str) -> str:
        """What a chunk that is like the last one learnt says; "" for one that has to be read."""
        if data.startswith(self._before) and data.endswith(self._after):
            text = data[len(self._before) : -len(self._after)]
            if '"' not in text and "\\" not in text and text.isprintable():  # nothing in it stands for something else
                self._useless = 0
                return text
        return ""

    def learn(self, data: str, text: str) -> None:
        """``data`` was read, and ``text`` was all that it said: what else stands in it says nothing, or nothing new."""
        place = _CONTENT.search(data) if self._useless < self.LESSONS and len(data) <= self.LONGEST else None
        if place is not None and data.startswith(f'{text}"', place.end()) and data.count('"content"') == 1:
            self._useless += 1
            self._before, self._after = data[: place.end()], data[place.end() + len(text) :]


class ThinkTag:
    """``<think>…</think>`` at the very beginning of an answer is thinking, wherever the chunks cut the tags."""

    OPEN, SHUT = "<think>", "</think>"
    LONGEST_START = 1_000  # characters, nearly all of them spaces, in which the tag is waited for

    def __init__(self) -> None:
        self.over = False  # from here on everything is text
        self._inside = False
        self._held = ""
        self._strip = False
        self._thought = False

    def feed(self, text: str) -> Sequence[Text | Reasoning]:
        text = self._held + text
        self._held = ""
        if self._strip:
            return self._after(text)
        if not self._inside:
            start = text.lstrip()
            if start.startswith(self.OPEN):
                self._inside = True
                text = start[len(self.OPEN) :]
            elif self.OPEN.startswith(start) and len(text) <= self.LONGEST_START:
                self._held = text
                return ()
            else:
                self.over = True
                return (Text(text),)
        return self._within(text)

    def close(self) -> Sequence[Text | Reasoning]:
        """What was held back when the answer ended."""
        held, self._held = self._held, ""
        if not held:
            return ()
        return (Reasoning(held),) if self._inside else (Text(held),)

    def _within(self, text: str) -> Sequence[Text | Reasoning]:
        if not self._thought:
            text = text.lstrip()
            self._thought = bool(text)
        thought, tag, rest = text.partition(self.SHUT)
        if tag:
            self._inside = False
            self._strip = True
            return (*((Reasoning(thought),) if thought else ()), *self._after(rest))
        keep = next((size for size in range(len(self.SHUT) - 1, 0, -1) if text.endswith(self.SHUT[:size])), 0)
        if keep:
            text, self._held = text[:-keep], text[-keep:]
        return (Reasoning(text),) if text else ()

    def _after(self, text: str) -> Sequence[Text | Reasoning]:
        """The text behind the thinking begins with its first visible character."""
        text = text.lstrip()
        if not text:
            return ()
        self.over = True
        return (Text(text),)


def _tool_call(call: Mapping[str, Any], place: int) -> ToolCall:
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    index = call.get("index")
    number = index if type(index) is int and 0 <= index < CALL_NUMBERS else place
    told = (call.get("id"), function.get("name"), function.get("arguments"))
    identity, name, arguments = (as_text(value or "") for value in told)
    return ToolCall(number, identity, name, arguments)


def _seconds(value: Any, unit: float) -> float | None:
    fine = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e9
    return value / unit if fine else None


def _fraction(part: Any, whole: Any) -> float | None:
    if not isinstance(part, (int, float)) or not isinstance(whole, (int, float)) or not 0 < whole <= TOKENS_CAP:
        return None
    return part / whole if 0 <= part <= whole else None  # also for NaN, which JSON libraries let through
