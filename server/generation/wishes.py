"""What may be wished of an answer that is written again, in the words in which the model hears it. Said once and stored nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Wish = Literal["shorter", "longer"]

# Whoever speaks a third language is not answered in English for having wished it.
SENTENCES: Mapping[Wish, Mapping[str, str]] = {
    "shorter": {
        "ru": "Ответь на этот вопрос заново и намного короче: только самое важное, без вступления и повторов."
        " Не упоминай эту просьбу и прежний ответ.",
        "en": "Answer this question anew and much shorter: only what matters most, without introduction or repetition."
        " Keep to the language of the conversation. Mention neither this request nor a former answer.",
    },
    "longer": {
        "ru": "Ответь на этот вопрос заново и намного подробнее: объясни, приведи примеры, назови тонкости и исключения."
        " Не упоминай эту просьбу и прежний ответ.",
        "en": "Answer this question anew and in much more detail: explain, give examples, name the subtleties and exceptions."
        " Keep to the language of the conversation. Mention neither this request nor a former answer.",
    },
}


def sentence(wish: Wish, language: str) -> str:
    """In this language, else in English."""
    return SENTENCES[wish].get(language, SENTENCES[wish]["en"])
