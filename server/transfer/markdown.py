"""One conversation for reading: the branch that the page shows first, as Markdown. The JSON beside it holds all branches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone

from server.branches import branch_to
from server.conversations import Answer, Conversation, Message

LABELS = {
    "ru": {
        "untitled": "Без названия", "question": "Вопрос", "answer": "Ответ", "reasoning": "Размышления", "sources": "Источники",
        "stopped": "Ответ остановлен.", "failed": "Ответ не получился.", "interrupted": "Ответ прерван.",
        "running": "Ответ ещё пишется.",
    },
    "en": {
        "untitled": "Untitled", "question": "Question", "answer": "Answer", "reasoning": "Reasoning", "sources": "Sources",
        "stopped": "The answer was stopped.", "failed": "The answer failed.", "interrupted": "The answer was interrupted.",
        "running": "The answer is still being written.",
    },
}  # fmt: skip


def document(
    conversation: Conversation, messages: Sequence[Message], language: str, leaf_id: str | None = None, *, reasoning: bool = True
) -> str:
    """``leaf_id``: the last message of another branch. Raises ``NotFound`` when there is no such message."""
    said = LABELS.get(language, LABELS["en"])
    began = datetime.fromtimestamp(conversation.created_at, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    title = " ".join(conversation.title.split()) or said["untitled"]
    parts = [f"# {title}", began]
    for message in branch_to(messages, leaf_id):
        told = replace(message, reasoning="") if isinstance(message, Answer) and not reasoning else message
        parts.extend(_answer(told, said) if isinstance(told, Answer) else (f"## {said['question']}", told.text))
    return "\n\n".join(parts) + "\n"


def _answer(answer: Answer, said: dict[str, str]) -> Iterator[str]:
    yield f"## {said['answer']}" + (f" · {answer.model}" if answer.model else "")
    if answer.reasoning:
        quoted = "\n".join(f"> {line}".rstrip() for line in answer.reasoning.splitlines())
        yield f"> **{said['reasoning']}**\n>\n{quoted}"
    if answer.text:
        yield answer.text
    if answer.citations:
        yield f"{said['sources']}:\n\n" + "\n".join(f"- {each.title or each.url} <{each.url}>" for each in answer.citations)
    if answer.state != "complete":
        yield f"*{said.get(answer.state, said['running'])}*"
