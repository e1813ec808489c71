"""Another goes on where the text ended: who may, how it is asked, and that nothing is said twice at the seam."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f import errors
from g4f.base import Provider
from g4f.chat import ChatRequest, Event, Finished, Message, Seam, Started, Text
from g4f.continuation import Joint, stream
from g4f.failover import Policy
from g4f.health import Health
from g4f.transport import Transport

REQUEST = ChatRequest("m", (Message("user", "Расскажи сказку"),))
POLICY = Policy(repeats=0)


class Speaker(Provider):
    """Says its pieces, one after another; an exception among them is raised."""

    def __init__(self, name: str, *pieces: str | Exception, prefills: bool = False) -> None:
        super().__init__(Transport())
        self._name = name
        self._pieces = pieces
        self.prefills = prefills
        self.heard: list[ChatRequest] = []

    @property
    def id(self) -> str:
        return self._name

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        self.heard.append(request)
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield Text(piece)
        yield Finished()


async def tell(
    candidates: Sequence[Provider],
    successors: Sequence[Provider] = (),
    written: str = "",
    request: ChatRequest = REQUEST,
    into: list[Event] | None = None,
) -> list[Event]:
    said = [] if into is None else into
    async for event in stream(request, candidates, successors=successors, written=written, policy=POLICY, health=Health()):
        said.append(event)
    return said


def text(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


async def test_the_next_in_the_chain_goes_on_where_the_text_ended() -> None:
    broken = Speaker("A", "Жили-были ", "дед ", errors.Unreachable())
    able = Speaker("B", "и баба.", prefills=True)
    events = await tell([broken], [able])
    assert text(events) == "Жили-были дед и баба."
    kinds = [event for event in events if not isinstance(event, Text)]
    assert kinds == [Started("A", "m"), Seam("A", "B", "provider_unreachable"), Started("B", "m"), Finished()]
    assert able.heard[0].messages == (*REQUEST.messages, Message("assistant", "Жили-были дед "))


async def test_a_service_that_cannot_prefill_is_asked_to_go_on_in_the_language_of_the_question() -> None:
    able = Speaker("B", "и баба.")
    await tell([Speaker("A", "Жили-были дед ", errors.Interrupted())], [able])
    assert [message.role for message in able.heard[0].messages] == ["user", "assistant", "user"]
    assert "Продолжи" in able.heard[0].messages[-1].text
    english = ChatRequest("m", (Message("user", "Tell a tale"),))
    await tell([Speaker("A", "Once ", errors.Interrupted())], [able], request=english)
    assert "Go on" in able.heard[1].messages[-1].text


async def test_without_a_chain_the_error_is_raised_and_the_text_kept() -> None:
    said: list[Event] = []
    with pytest.raises(errors.Interrupted):
        await tell([Speaker("A", "Жили", errors.Interrupted())], into=said)
    assert text(said) == "Жили"


async def test_the_chain_is_gone_through_once_and_then_the_last_error_is_raised() -> None:
    said: list[Event] = []
    speakers = [Speaker(name, name, errors.ServerFailed(name)) for name in "ABC"]
    with pytest.raises(errors.ServerFailed, match="C"):
        await tell(speakers[:1], speakers, into=said)
    assert [event.next for event in said if isinstance(event, Seam)] == ["B", "C"]
    assert [len(speaker.heard) for speaker in speakers] == [1, 1, 1]


async def test_a_successor_that_never_speaks_gives_way_to_the_next() -> None:
    events = await tell([Speaker("A", "Раз, ", errors.TimedOut())], [Speaker("B", errors.KeyRejected()), Speaker("C", "два.")])
    assert text(events) == "Раз, два."
    assert [(seam.previous, seam.next) for seam in events if isinstance(seam, Seam)] == [("A", "B"), ("B", "C")]


async def test_what_a_filter_stopped_is_not_asked_elsewhere() -> None:
    able = Speaker("B", "да")
    with pytest.raises(errors.ContentFiltered):
        await tell([Speaker("A", "Нет", errors.ContentFiltered())], [able])
    assert not able.heard


async def test_before_the_first_word_the_chain_is_not_a_continuation() -> None:
    with pytest.raises(errors.Unreachable):
        await tell([Speaker("A", errors.Unreachable())], [Speaker("B", "да")])


async def test_an_answer_that_broke_off_earlier_is_gone_on_with() -> None:
    able = Speaker("B", "часть, вторая.")
    events = await tell([able], written="Первая часть, ")
    assert text(events) == "вторая."
    assert able.heard[0].messages[1] == Message("assistant", "Первая часть, ")


CASES = [
    ("Первая часть, ", ["часть, ", "вторая"], "вторая"),
    ("Первая часть, ", ["ча", "сть", ", вто", "рая"], "вторая"),
    ("Первая часть, ", ["Первая часть, вторая"], "вторая"),
    ("Слово втор", ["вторая"], "ая"),
    ("Конец слова", ["и дальше"], " и дальше"),
    ("Конец слова", [" и дальше"], " и дальше"),
    ("Конец предложения.", [" Новое"], " Новое"),
    ("на на ", ["на дворе"], "на дворе"),
    ("```python\ndef a():\n", ["```python\n    return 1\n```\n"], "    return 1\n```\n"),
    ("```python\ndef a():\n", ["``", "`", "python\n", "    return 1"], "    return 1"),
    ("```python\ndef a():\n", ["    return 1\n```"], "    return 1\n```"),
    ("```python\nx = 1\n```\n", ["```python\ny = 2\n```"], "```python\ny = 2\n```"),
    ("1. раз\n2. два\n", ["3. три"], "3. три"),
    ("1. раз\n2. два\n", ["2. два\n3. три"], "3. три"),
    ("", ["начало"], "начало"),
]


@pytest.mark.parametrize(("written", "pieces", "shown"), CASES)
def test_nothing_is_said_twice_at_the_seam(written: str, pieces: list[str], shown: str) -> None:
    assert join(written, pieces) == shown


def test_a_service_that_went_on_from_the_letter_is_left_alone() -> None:
    joint = Joint("мама мыла ра")
    assert joint.take("ра", exact=True) == "ра"
    assert joint.closed


@given(st.text("аб .,\n`", max_size=60), st.text("аб .,\n`", min_size=1, max_size=60), st.lists(st.integers(1, 5), min_size=1))
def test_the_pieces_in_which_it_comes_do_not_matter(written: str, said: str, sizes: list[int]) -> None:
    pieces, position = [], 0
    while position < len(said):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(said[position : position + size])
        position += size
    whole = join(written, [said])
    assert join(written, pieces) == whole
    assert said.endswith(whole.lstrip()) or whole.endswith(said)


def join(written: str, pieces: list[str]) -> str:
    joint: Joint | None = Joint(written)
    shown = ""
    for piece in pieces:
        if joint is None:
            shown += piece
            continue
        shown += joint.take(piece, exact=False)
        joint = None if joint.closed else joint
    return shown + (joint.rest() if joint is not None else "")
