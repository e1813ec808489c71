"""Clients that ask, read, cut, return, rename and delete all the time, and remember what they were promised.

Each keeps a history in a file of its own, forced to disk line by line: what was sent, what was acknowledged, what was seen.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.campaigns import client
from tests.campaigns.client import Lost, Refused
from tests.campaigns.reading import Reading, Violation
from tests.campaigns.script import Script

TURNS = 6  # questions in one conversation at the most: the history goes to the upstream with each
BUSY = (503, 429)  # refusals that a client takes for "later"


@dataclass
class Title:
    """What the owner of a conversation knows of its title. ``pending`` was sent, and nobody said whether it was stored."""

    title: str
    revision: int
    deleted: bool = False
    pending: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def hidden(self) -> bool:
        """Whether it may be deleted at the moment."""
        return self.deleted or any(deleted for _, deleted in self.pending)


@dataclass(frozen=True)
class Manners:
    """How long the answers are (tokens, tokens a second) and how restless their readers."""

    tokens: tuple[int, int] = (20, 400)
    per_second: tuple[float, float] = (20, 60)
    leaves: float = 0.02  # chance, with each piece read, that the reader cuts the connection and returns
    renames: float = 0.15
    goes_on: float = 0.0  # chance that an answer which broke off is gone on with
    asks_again: float = 0.0  # chance that a whole one is written again, beside the first
    pause: float = 0.0  # seconds between two deeds


class History:
    """A file of JSON lines; a line is on the disk before the next thing happens."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", encoding="utf-8")

    def note(self, what: str, **fields: Any) -> None:
        self._file.write(json.dumps({"what": what, "at": time.monotonic(), **fields}) + "\n")
        self._file.flush()
        os.fdatasync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


class Crowd:
    """Everybody. ``open`` and ``pause`` start and halt them; ``violations`` and ``counts`` say what happened."""

    def __init__(self, port: int, folder: Path, manners: Sequence[Manners], seed: int) -> None:
        self.port = port
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []
        self.readings: list[Reading] = []
        self.titles: dict[str, Title] = {}
        self.seconds: list[float] = []  # from sending a question to its acknowledgement
        self._gate = asyncio.Event()
        self._ending = False
        self._members = [
            Member(self, one, History(folder / f"history-{number}.jsonl"), random.Random(f"{seed}/{number}"))
            for number, one in enumerate(manners)
        ]
        self._tasks = [asyncio.create_task(member.live()) for member in self._members]

    def open(self) -> None:
        self._gate.set()

    async def pause(self) -> None:
        """Let nobody begin anything, and wait until everybody's requests have ended (they must be broken from outside)."""
        self._gate.clear()
        await until(lambda: all(member.idle or task.done() for member, task in zip(self._members, self._tasks, strict=True)), 60)

    async def finish(self, patience: float) -> bool:
        """Let everybody read what was begun to its end. False if somebody could not within ``patience`` seconds."""
        self._ending = True
        self._gate.set()
        _, late = await asyncio.wait(self._tasks, timeout=patience)
        for task in late:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return not late

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for done in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(done, Exception):
                self.violations.append(f"a client gave up: {done!r}")
        for member in self._members:
            member.history.close()

    @property
    def ending(self) -> bool:
        return self._ending

    @property
    def quiet_since(self) -> float:
        """The moment since when somebody has not heard from the server."""
        return min(member.heard_at for member in self._members)

    async def may_go_on(self) -> None:
        await self._gate.wait()


class Member:
    """One client."""

    def __init__(self, crowd: Crowd, manners: Manners, history: History, chance: random.Random) -> None:
        self._crowd = crowd
        self._manners = manners
        self._chance = chance
        self.current: Reading | None = None
        self.first = ""  # the answer beside which another one is being written
        self._conversation = ""
        self._turns = 0
        self.history = history
        self.idle = False
        self.heard_at = 0.0  # when the server last answered this client

    async def live(self) -> None:
        crowd = self._crowd
        while not (crowd.ending and self.current is None):
            self.idle = True
            await crowd.may_go_on()
            self.idle = False
            try:
                await self._act()
                self.heard_at = time.monotonic()
                await asyncio.sleep(self._manners.pause * self._chance.random())
            except Lost:
                crowd.counts["broken"] += 1
                await asyncio.sleep(0.05 + 0.1 * self._chance.random())
            except Refused as refusal:
                self._refused(refusal)
                await asyncio.sleep(0.2)
            except Violation as violation:
                crowd.violations.append(str(violation))
                self.current = None

    def _refused(self, refusal: Refused) -> None:
        self._crowd.counts["refused"] += 1
        if refusal.status not in BUSY:
            self._crowd.violations.append(f"refused without a reason: {refusal}")
            self.current = None
        elif not refusal.retry_after:
            self._crowd.violations.append(f"refused without Retry-After: {refusal}")

    async def _act(self) -> None:
        if self.current is not None and not self._crowd.ending and self._chance.random() < 0.2:
            self.current = None  # nobody will ever ask again: what was stored must be true without it
        if self.current is not None:
            await self._pursue(self.current)
        elif self._crowd.ending:
            return
        elif self._conversation in self._crowd.titles and self._crowd.titles[self._conversation].hidden:
            await self._restore()
        elif self._conversation in self._crowd.titles and self._chance.random() < self._manners.renames:
            await self._chance.choice([self._rename, self._rename, self._delete])()
        else:
            await self._ask(self._new_question())

    async def _pursue(self, reading: Reading) -> None:
        """What its reader does next with an answer that has not ended for him."""
        if reading.going_on:
            await self._go_on(reading)
        elif reading.again and not reading.acked:
            await self._regenerate(reading)
        elif reading.acked and reading.answer:
            await self._read()
        else:
            await self._ask(reading)

    def _new_question(self) -> Reading:
        if self._turns == 0 or self._turns >= TURNS:
            self._conversation, self._turns = uuid.uuid4().hex, 0
        self._turns += 1
        least, most = self._manners.tokens
        script = Script(
            tokens=int(least * (most / least) ** self._chance.random()),
            per_second=self._chance.uniform(*self._manners.per_second),
            first=self._chance.randrange(1_000_000),
        )
        reading = Reading(script, self._conversation, uuid.uuid4().hex)
        self._crowd.readings.append(reading)
        return reading

    async def _ask(self, reading: Reading) -> None:
        """Also asks again with the same id, when nobody said whether the first time was heard."""
        self.current = reading
        reading.sends += 1
        self._crowd.counts["sent" if reading.sends == 1 else "sent again"] += 1
        self.history.note("sent", key=reading.question)
        began = time.monotonic()
        reading.seq, reading.text, reading.end = 0, "", None
        body = client.ask_body(reading.script, reading.conversation, reading.question)
        async with client.send(self._crowd.port, "POST", "/conversation", body) as response:
            self._crowd.seconds.append(time.monotonic() - began)
            if not reading.acked:
                reading.acked = True
                self._crowd.counts["acked"] += 1
                self.history.note("acked", key=reading.question)
            self._crowd.titles.setdefault(reading.conversation, Title("", 1))
            await self._follow(reading, response)

    async def _read(self) -> None:
        assert self.current is not None
        reading = self.current
        self._crowd.counts["resumed"] += 1
        path = f"/answers/{reading.answer}/events?after={reading.seq}"
        async with client.send(self._crowd.port, "GET", path) as response:
            await self._follow(reading, response)

    async def _follow(self, reading: Reading, response: client.Response) -> None:
        while not response.ended:
            events = await response.more()
            self.heard_at = time.monotonic()
            reading.take(events)
            if events:
                self._crowd.counts["seen"] += 1
                self.history.note("seen", answer=reading.answer, seq=reading.seq, length=len(reading.text))
            if self._chance.random() < self._manners.leaves:
                response.abort()
                self._crowd.counts["cut"] += 1
                return
        if reading.end is None:
            raise Violation(f"answer {reading.answer} was closed without an end at event {reading.seq}")
        state = reading.end["state"]
        self._crowd.counts[state] += 1
        self.current = None
        if self._crowd.ending:
            return
        if state == "interrupted" and self._chance.random() < self._manners.goes_on:
            reading.going_on, reading.end = True, None
            self.current = reading
        elif state == "complete" and not reading.again and self._chance.random() < self._manners.asks_again:
            self.current = Reading(reading.script, reading.conversation, reading.question, answer=uuid.uuid4().hex, again=True)
            self.first = reading.answer
            self._crowd.readings.append(self.current)

    async def _go_on(self, reading: Reading) -> None:
        """Continue. Whether an earlier request was heard is not known after a kill: then it may be under way, or whole by now."""
        reading.gone_on += 1
        self.history.note("go on", answer=reading.answer, seq=reading.seq)
        path = f"/answers/{reading.answer}/continue"
        try:
            async with client.send(self._crowd.port, "POST", path, {"after": reading.seq}) as response:
                reading.going_on = False
                self._crowd.counts["gone on"] += 1
                await self._follow(reading, response)
        except Refused as refusal:
            if refusal.status != 409:
                raise
            reading.going_on = False

    async def _regenerate(self, reading: Reading) -> None:
        """Another answer to the same question; with the same id it is the same answer, however often it is sent."""
        reading.sends += 1
        self.history.note("again", key=reading.question, answer=reading.answer)
        reading.seq, reading.text, reading.end = 0, "", None
        async with client.send(self._crowd.port, "POST", f"/answers/{self.first}/regenerate", {"id": reading.answer}) as response:
            reading.acked = True
            self._crowd.counts["written again"] += 1
            await self._follow(reading, response)

    async def _rename(self) -> None:
        known = self._crowd.titles[self._conversation]
        title = f"title {uuid.uuid4().hex}"
        known.pending.append((title, False))
        body = {"title": title, "revision": known.revision} if known.title and len(known.pending) == 1 else {"title": title}
        self.history.note("rename", conversation=self._conversation, title=title)
        renamed = await client.call(self._crowd.port, "PATCH", f"/conversations/{self._conversation}", body)
        self._settled(known, renamed["conversation"])
        self._crowd.counts["renamed"] += 1

    async def _delete(self) -> None:
        """Once acknowledged it must hold until it is undone, which is the next deed of this client."""
        known = self._crowd.titles[self._conversation]
        known.pending.append((known.title, True))
        await client.call(self._crowd.port, "DELETE", f"/conversations/{self._conversation}")
        known.deleted, known.pending = True, []
        self.history.note("deleted", conversation=self._conversation)
        self._crowd.counts["deleted"] += 1

    async def _restore(self) -> None:
        known = self._crowd.titles[self._conversation]
        known.pending.append((known.title, False))
        restored = await client.call(self._crowd.port, "POST", f"/conversations/{self._conversation}/restore")
        self._settled(known, restored["conversation"])

    def _settled(self, known: Title, conversation: dict[str, Any]) -> None:
        known.title, known.revision, known.deleted = conversation["title"], conversation["revision"], False
        known.pending = []
        self.history.note("stored", conversation=conversation["id"], title=known.title, revision=known.revision)


async def until(true: Callable[[], bool], patience: float) -> bool:
    """Wait until it is; false if it is not within ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while not true():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True


@asynccontextmanager
async def crowd_of(port: int, folder: Path, manners: Sequence[Manners], seed: int = 1) -> AsyncGenerator[Crowd, None]:
    """One client for each of ``manners``."""
    crowd = Crowd(port, folder, manners, seed)
    try:
        yield crowd
    finally:
        await crowd.close()
