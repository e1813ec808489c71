"""The command line: ``python3 -m g4f "вопрос"`` prints the answer as it is written, ``python3 -m g4f providers`` who is there.

Exit codes: 0 answered; 2 a wrong call or an unknown name; 3 something has to be set up first; 4 the service refused the question;
5 nobody could answer now, later may help; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from g4f import config_file, failover, registry
from g4f.catalog import Catalog, ProviderStatus
from g4f.chat import ChatRequest, Finished, Message, Options, Started, Text, Usage
from g4f.config_file import ConfigError, ProvidersFile
from g4f.errors import NameUnknown, NotConfigured, ProviderError, RequestRejected
from g4f.legacy import configs
from g4f.transport import Transport

ROLES = Path(__file__).parents[1] / "server" / "roles"  # the ready roles of the application, where it stands beside us
BROKEN_PIPE = 141

STATES = {  # in the order in which they are listed
    "ready": "готов",
    "checking": "не проверен",
    "unreachable": "не отвечает",
    "needs_key": "нужен ключ",
    "closed": "служба закрыта; укажите адрес совместимого сервера",
}
SENTENCES = {
    "key_missing": "Нужен ключ.",
    "key_rejected": "Ключ не подошёл.",
    "service_closed": "Служба закрыта; укажите адрес совместимого сервера.",
    "provider_not_configured": "Поставщик не настроен.",
    "provider_unknown": "Такого поставщика нет.",
    "model_unknown": "Такой модели ни у кого нет.",
    "model_missing": "У поставщика нет этой модели.",
    "context_too_long": "Вопрос длиннее, чем модель может прочитать.",
    "content_filtered": "Ответ остановлен фильтром службы.",
    "quota_exceeded": "Кончились деньги или лимит.",
    "rate_limited": "Слишком много запросов; попробуйте позже.",
    "provider_unreachable": "Соединиться не удалось.",
    "provider_timed_out": "Ответа не дождались.",
    "provider_interrupted": "Ответ оборвался.",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. The result is the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = "providers" if given[:1] == ["providers"] else "ask"
    options = _parser(command).parse_args(given[1:] if command == "providers" else given)
    try:
        return asyncio.run(_providers(options) if command == "providers" else _ask(options))
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read us has seen enough; Python must not complain about it once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except ConfigError as error:
        return _complain(2, str(error))


# --- asking -----------------------------------------------------------------------------------------------------------------------


async def _ask(options: argparse.Namespace) -> int:
    question = _question(options.question)
    if not question.strip():
        return _complain(2, 'Нет вопроса: python3 -m g4f "вопрос", или вопрос в стандартном вводе.')
    try:
        role = _role(options.role)
    except LookupError as error:
        return _complain(2, str(error))
    system = (Message("system", role),) if role else ()
    transport = Transport()
    said = _Said(aloud=not options.json)
    try:
        catalog = _catalog(transport, options, only=options.provider)
        await catalog.refresh()
        provider, model = catalog.resolve(options.model, options.provider)
        if not provider:
            raise NotConfigured("nobody to ask: start a model server, or give a service its key")
        request = ChatRequest(model, (*system, Message("user", question)), Options(temperature=options.temperature))
        candidates = catalog.candidates(model, provider)
        # Who names a provider wants that one or nobody.
        async with aclosing(failover.stream(request, candidates[:1] if options.provider else candidates)) as events:
            async for event in events:
                said.hear(event)
    except ProviderError as error:
        said.fail(error)
        return exit_code(error)
    finally:
        await transport.close()
        said.end()
    return 0


class _Said:
    """What has been answered: printed as it comes, or kept for one JSON object at the end."""

    def __init__(self, *, aloud: bool) -> None:
        self._aloud = aloud
        self._text: list[str] = []
        self._result: dict[str, Any] = {"provider": "", "model": "", "text": "", "reason": None, "usage": None, "error": None}

    def hear(self, event: object) -> None:
        match event:
            case Started(provider, model):
                self._result |= {"provider": provider, "model": model}
            case Text(text):
                self._text.append(text)
                if self._aloud:
                    print(text, end="", flush=True)
            case Usage():
                self._result["usage"] = asdict(event)
            case Finished(reason):
                self._result["reason"] = reason

    def fail(self, error: ProviderError) -> None:
        self._result["error"] = {"code": error.code, "message": str(error), "retryable": error.retryable}
        if self._aloud:
            if self._text:
                print(flush=True)
            known = f" Есть: {', '.join(error.known)}." if isinstance(error, NameUnknown) and error.known else ""
            print(f"{SENTENCES.get(error.code, 'Ответить не удалось.')} [{error.code}] {error}{known}", file=sys.stderr)

    def end(self) -> None:
        if not self._aloud:
            print(json.dumps(self._result | {"text": "".join(self._text)}, ensure_ascii=False), flush=True)
        elif self._text and self._result["error"] is None:
            print(flush=True)


def exit_code(error: ProviderError) -> int:
    """What a script learns from the way it failed."""
    if isinstance(error, NameUnknown):
        return 2
    if isinstance(error, NotConfigured):
        return 3
    return 4 if isinstance(error, RequestRejected) else 5


def _question(words: Sequence[str]) -> str:
    """The words of the command line; "-", or no words at all, stand for the standard input."""
    if not words:
        return "" if sys.stdin.isatty() else sys.stdin.read()
    return " ".join(sys.stdin.read() if word == "-" else word for word in words)


def _role(name: str) -> str:
    """A ready role by its name, or the words themselves. Raises ``LookupError`` for one word that is no role."""
    known = {file.stem: file for file in sorted(ROLES.glob("*.json"))}
    if name in known:
        return str(json.loads(known[name].read_text("utf-8"))["prompt"].get("ru", ""))
    if name and " " not in name and known:
        raise LookupError(f"Роли «{name}» нет. Есть: {', '.join(known)}; или опишите роль несколькими словами.")
    return name


# --- who is there -----------------------------------------------------------------------------------------------------------------


async def _providers(options: argparse.Namespace) -> int:
    transport = Transport()
    try:
        catalog = _catalog(transport, options)
        await catalog.refresh()
    finally:
        await transport.close()
    listed = catalog.providers()
    if options.json:
        print(json.dumps([asdict(status) for status in listed], ensure_ascii=False, indent=2))
    else:
        print(table(listed))
    return 0


def table(listed: Sequence[ProviderStatus]) -> str:
    """One provider a line: name, state, models, address."""
    rows = [("Поставщик", "Моделей", "Состояние", "Адрес")]
    order = list(STATES)
    for one in sorted(listed, key=lambda one: order.index(one.state)):
        rows.append((one.id, str(one.model_count or ""), STATES[one.state], one.url))
    name, count, state = (max(len(row[column]) for row in rows) for column in range(3))
    return "\n".join(f"{row[0]:<{name}}  {row[1]:>{count}}  {row[2]:<{state}}  {row[3]}".rstrip() for row in rows)


def _catalog(transport: Transport, options: argparse.Namespace, *, only: str = "") -> Catalog:
    """The operator's providers; those of ``only`` alone, so that a question to one does not wait for the others."""
    file = Path(options.config) if options.config else Path("config.json")
    told = config_file.read(file) if options.config or file.exists() else ProvidersFile()
    classes = registry.providers()
    if only in classes:
        classes = {only: classes[only]}
    return Catalog(transport, config_file.merged(told.providers, configs()), told.endpoints, classes=classes)


def _parser(command: str) -> argparse.ArgumentParser:
    about = "Спросить языковую модель." if command == "ask" else "Показать поставщиков и их состояние."
    parser = argparse.ArgumentParser(prog="python3 -m g4f" + (" providers" if command == "providers" else ""), description=about)
    if command == "ask":
        parser.epilog = "python3 -m g4f providers — таблица поставщиков. Коды завершения: 0 ответ получен, 2 ошибка в вызове, " + (
            "3 нужна настройка, 4 вопрос отклонён, 5 никто не ответил, 130 остановлено."
        )
        parser.add_argument("question", nargs="*", help="вопрос; «-» — стандартный ввод")
        parser.add_argument("--provider", default="", help="кого спросить")
        parser.add_argument("--model", default="", help="какую модель")
        parser.add_argument("--role", default="", help="имя готовой роли или её описание словами")
        parser.add_argument("--temperature", type=float, help="от 0 до 2")
    parser.add_argument("--json", action="store_true", help="один объект JSON вместо текста")
    parser.add_argument("--config", default="", help="файл config.json (по умолчанию — в текущей папке, если есть)")
    return parser


def _complain(code: int, sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
