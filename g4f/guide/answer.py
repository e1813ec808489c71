"""What the guide says to a question: a pure function of the question, the index and the servers that were found."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from g4f.guide.documents import Language, Section
from g4f.guide.search import Hit, Index
from g4f.guide.words import stem, stems, tokens, vocabulary

ENOUGH = 0.5  # share of the question's weight that a section must cover to be an answer to it
RELATED_ENOUGH = 0.35  # the same, to be worth a link
RELATED = 3
SHORT_QUESTION = 4  # words; a question that short may lean on the one before it


@dataclass(frozen=True)
class Answer:
    """Markdown and the sections it was taken from."""

    text: str
    sources: tuple[Section, ...] = ()


def language_of(question: str, earlier: Sequence[str] = ()) -> Language:
    """Russian if there is a Cyrillic letter; a bare name such as «vLLM?» keeps the language of the earlier questions."""
    if re.search("[а-яё]", question, re.IGNORECASE):
        return "ru"
    bare = len(tokens(question)) <= 1
    return "ru" if bare and (not question.strip() or any(language_of(text) == "ru" for text in earlier)) else "en"


def compose(question: str, language: Language, index: Index, *, earlier: Sequence[str] = (), running: Sequence[str] = ()) -> Answer:
    """Answer one question. ``earlier`` are the questions before it, oldest first; ``running`` are the found servers' names."""
    wanted = index.corrected(_content(question))
    if not wanted:
        return _small_talk(question, language, running)
    hits = index.search(wanted)
    if _is_task(question) or all(stem.isdigit() for stem in wanted):
        return _declined("task", language, [hit for hit in hits if hit.share >= ENOUGH], running)
    if not _answers(hits) and earlier and len(tokens(question)) <= SHORT_QUESTION:
        wanted = index.corrected(_content(earlier[-1]) + wanted)
        hits = index.search(wanted)
    if not _answers(hits):
        return _declined("not_found", language, [hit for hit in hits if hit.share >= RELATED_ENOUGH], running)
    return _found(hits, _complement(wanted, hits[0], index), language, running)


def _content(question: str) -> list[str]:
    """The stems that say what the question is about: without greetings, thanks and words that stand in every question."""
    words = vocabulary()
    silent = words["stop"] | words["greeting"] | words["thanks"]
    if not _is_task(question):
        silent |= words["task"]
    telling = " ".join(token for token in tokens(question) if stem(token) not in silent)
    return stems(telling)


def _is_task(question: str) -> bool:
    """«Напиши стихотворение» is work for a model; «напиши, как подключить Ollama» is a question to the guide."""
    words = vocabulary()
    said = [stem(token) for token in tokens(question)]
    silent = words["greeting"] | (words["stop"] - words["how"])
    first = next((word for word in said if word not in silent), "")
    return first in words["task"] and not words["how"].intersection(said)


def _answers(hits: Sequence[Hit]) -> bool:
    return bool(hits) and hits[0].share >= ENOUGH


def _small_talk(question: str, language: Language, running: Sequence[str]) -> Answer:
    said = {stem(token) for token in tokens(question)}
    say = _phrases(language)
    if said & vocabulary()["thanks"]:
        return Answer(say["welcome"])
    first = say["greeting"] if not said or said & vocabulary()["greeting"] else say["who"]
    return Answer(_join(first, _steps(language, running), say["examples"]))


def _declined(reason: str, language: Language, hits: Sequence[Hit], running: Sequence[str]) -> Answer:
    say = _phrases(language)
    return Answer(
        _join(
            say[reason] if reason == "task" else f"{say['who']} {say[reason]}",
            _related([hit.section for hit in hits], language),
            _steps(language, running),
        )
    )


def _complement(wanted: Sequence[str], best: Hit, index: Index) -> list[Section]:
    """One more section when the question has a second subject: «ключ OpenAI и пароль»."""
    missing = [stem for stem in wanted if stem not in best.covered]
    second = next(iter(index.search(missing)), None)
    named = second is not None and second.share == 1.0 and second.covered & set(stems(second.section.heading))
    return [second.section] if second is not None and named else []


def _found(hits: Sequence[Hit], complement: Sequence[Section], language: Language, running: Sequence[str]) -> Answer:
    say = _phrases(language)
    sources = (hits[0].section, *complement)
    named = " ".join(section.heading for section in sources).lower()
    at_hand = [name for name in running if name.lower() in named]
    parts = [f"*{say['who']}*"]
    if at_hand:
        parts.append(say["running"].format(names=", ".join(at_hand)))
    for section in sources:
        parts += [say["found_in"].format(heading=section.heading, link=section.link), section.text]
    parts.append(_related(_others(hits, sources), language))
    return Answer(_join(*parts), sources)


def _others(hits: Sequence[Hit], taken: Sequence[Section]) -> list[Section]:
    """Sections worth reading next: first from the document of the answer, then the best one of each other document."""
    left = [hit.section for hit in hits if hit.section not in taken and hit.share >= RELATED_ENOUGH]
    near = [section for section in left if section.document == taken[0].document]
    best_of_document = {section.document: section for section in reversed(left)}
    far = [section for section in left if section not in near and best_of_document[section.document] is section]
    return [*near[: RELATED - 1], *far, *near[RELATED - 1 :]]


def _related(sections: Sequence[Section], language: Language) -> str:
    if not sections:
        return ""
    links = " · ".join(f"[{section.heading}]({section.link})" for section in sections[:RELATED])
    return _phrases(language)["related"].format(links=links)


def _steps(language: Language, running: Sequence[str]) -> str:
    """The way to a real model: what already runs here, then keys, then a model of one's own."""
    say = _phrases(language)
    first = say["step_running"].format(names=", ".join(running)) if running else say["step_none_running"] + "\n"
    number = 2 if running else 1
    return "\n".join(
        (f"{say['steps']}\n", first, say["step_key"].format(number=number), say["step_local"].format(number=number + 1))
    )


def _join(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


@cache
def _phrases(language: Language) -> dict[str, str]:
    phrases: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("phrases.json").read_text(encoding="utf-8"))
    return phrases[language]
