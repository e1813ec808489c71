"""llama.cpp's server: progress, times, and patience while the model is loaded."""

from __future__ import annotations

from g4f.base import ProviderConfig
from g4f.chat import Finished, Progress, Usage
from g4f.errors import ServerFailed
from g4f.Provider.Providers.LlamaCpp import LlamaCpp
from g4f.transport import Deadlines, Transport
from tests.emulators import openai
from tests.emulators.stage import Stage, on_stage
from tests.g4f.conftest import answer, ask, body_sent, text_of


async def test_it_is_asked_to_tell_how_far_it_has_read(transport: Transport, openai_stage: Stage) -> None:
    body = await body_sent(LlamaCpp, transport, openai_stage, reasoning_effort="none")
    assert body["return_progress"] is True
    assert body["chat_template_kwargs"] == {"enable_thinking": False}


async def test_progress_and_times_arrive(transport: Transport, openai_stage: Stage) -> None:
    provider = LlamaCpp(transport, ProviderConfig(base_url=openai_stage.playing("timings") + "/v1"))
    events, _ = await answer(provider, ask())
    assert Progress("prompt", 0.25) in events
    assert events[-2:] == [Usage(11, 7, 3, 0.35), Finished()]


async def test_loading_is_progress_and_not_an_error() -> None:
    transport = Transport(local_deadlines=Deadlines(first_byte=30.0))
    with on_stage(openai.make_app()) as stage:
        provider = LlamaCpp(transport, ProviderConfig(base_url=stage.playing("loading") + "/v1"))
        provider.look_again = 0.01
        events, error = await answer(provider, ask("Как дела?"))
    await transport.close()
    assert error is None
    assert events[:2] == [Progress("load"), Progress("load")]
    assert text_of(events) == openai.answer_to("Как дела?")


async def test_another_503_is_an_error(transport: Transport, openai_stage: Stage) -> None:
    provider = LlamaCpp(transport, ProviderConfig(base_url=openai_stage.playing("503") + "/v1"))
    _, error = await answer(provider, ask())
    assert isinstance(error, ServerFailed)


async def test_loading_that_comes_after_words_is_an_error_and_says_nothing_twice(
    transport: Transport, openai_stage: Stage
) -> None:
    provider = LlamaCpp(transport, ProviderConfig(base_url=openai_stage.playing("loading-late") + "/v1"))
    provider.look_again = 0.01
    before = len(openai_stage.seen)
    events, error = await answer(provider, ask("Как дела?"))
    assert isinstance(error, ServerFailed)
    assert text_of(events) == "Вы спросили: "
    assert len(openai_stage.seen) == before + 1
