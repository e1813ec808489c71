"""KoboldCpp: the plain dialect on this machine, without a key."""

from __future__ import annotations

from g4f.base import ProviderConfig
from g4f.chat import Finished, Started
from g4f.Provider.Providers.KoboldCpp import KoboldCpp
from g4f.transport import Transport
from tests.emulators import openai
from tests.emulators.stage import Stage
from tests.g4f.conftest import answer, ask, text_of


async def test_it_answers_without_a_key(transport: Transport, openai_stage: Stage) -> None:
    provider = KoboldCpp(transport, ProviderConfig(base_url=openai_stage.url))
    events, error = await answer(provider, ask("Как дела?"))
    assert error is None
    assert events[0] == Started("KoboldCpp", openai.MODEL)
    assert text_of(events) == openai.answer_to("Как дела?")
    assert events[-1] == Finished()
    assert "Authorization" not in openai_stage.seen[-1].headers


async def test_it_waits_as_long_as_local_models_need(transport: Transport) -> None:
    assert KoboldCpp(transport).deadlines is transport.local_deadlines
