"""A conversation leaves the program: the page behind a link, the dialog that makes links, files and paper, in Chromium."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from g4f.chat import Citation
from server.conversations import Answer, Conversation, Message, Question
from server.transfer import export
from tests.e2e.conftest import Watched
from tests.e2e.markdown_payloads import PAYLOADS
from tests.e2e.running import ServerProcess
from tests.llama.running import free_port

pytestmark = pytest.mark.timeout(180)

NOW = 1_795_000_000.0
TITLE = "Ёлка </title><script>window.__pwn=1</script><img src=x onerror=window.__pwn=1>"
RICH = """Вот **ответ** со ссылкой [на сайт](https://example.org/a) и сноской[^1], источник [1].

```python
def f(x):
    return x + 1
```

| имя | число |
|---|--:|
| ёж | 3 |

Формула $e^{i\\pi} + 1 = 0$ и картинка ![кот](https://evil.example/cat.png).

[^1]: Сноска."""
# What the browser itself says about an answer that is not 200; the page has its own words for it.
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 404")


class Owner:
    """Speaks to the server as the owner's page does."""

    def __init__(self, server: ServerProcess) -> None:
        self.address = server.address

    def send(self, method: str, path: str, body: Any = None, data: bytes | None = None) -> Any:
        content = json.dumps(body).encode() if data is None else data
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}/backend-api/v2/{path}", content, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def keep(self, *said: str, identity: str = "c", title: str = TITLE) -> str:
        """A conversation of questions and answers in turn."""
        messages: list[Message] = []
        for number, text in enumerate(said):
            parent = messages[-1].id if messages else None
            if number % 2:
                sources = (Citation("https://source.example/page", "Источник"),)
                told: dict[str, Any] = {"reasoning": "Сначала думаю.", "citations": sources}
                messages.append(Answer(f"{identity}{number}", str(parent), text, NOW, "complete", "Ollama", "qwen3:8b", **told))
            else:
                messages.append(Question(f"{identity}{number}", parent, text, NOW))
        arrived = Conversation(identity, title, "qwen3:8b", "Ollama", "default", NOW, NOW)
        self.send("POST", "imports", data=export.to_json(arrived, messages))
        return next(str(each["id"]) for each in self.send("GET", "conversations")["conversations"] if each["title"] == title)

    def share(self, conversation: str, **body: Any) -> Any:
        return self.send("POST", f"conversations/{conversation}/shares", body)["share"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path, free_port(), discovery=False)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def owner(server: ServerProcess) -> Owner:
    return Owner(server)


@pytest.fixture
def watched(browser: Any, server: ServerProcess) -> Iterator[Watched]:
    watched = Watched(browser, server.address, viewport={"width": 1280, "height": 800})
    yield watched
    watched.context.close()
    assert [fault for fault in watched.faults if not REFUSED.match(fault)] == []


def open_link(watched: Watched, share: Any) -> Page:
    page: Page = watched.page
    page.goto(f"{watched.address}/{share['path']}")
    return page


def test_a_link_shows_the_conversation_and_asks_for_nothing_else(watched: Watched, owner: Owner) -> None:
    share = owner.share(owner.keep("Расскажи про ёлку", RICH, "А ещё?", "Больше ничего."))
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url))
    page = open_link(watched, share)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(page.locator(".message--user")).to_have_text([re.compile("Расскажи про ёлку"), re.compile("А ещё?")])
    expect(page.locator(".message--assistant strong")).to_have_text("ответ")
    expect(page.locator("math")).to_be_visible()
    expect(page.locator(".hljs-keyword").first).to_be_visible()
    expect(page.locator(".reading__about").first).to_contain_text("qwen3:8b · Ollama")
    assert page.locator(".reading__about").first.evaluate("about => about.checkVisibility({ opacityProperty: true })")
    expect(page.locator(".reading__foot")).to_contain_text("FreeGPT")
    assert page.locator("textarea, .sidebar, form").count() == 0
    page.wait_for_load_state("networkidle")
    own = [url.removeprefix(watched.address) for url in asked if url.startswith(watched.address)]
    assert len(own) == len(set(own)) <= 20
    assert [url for url in own if "backend-api" in url] == [f"/backend-api/v2/shared/{share['path'][2:]}"]
    assert watched.context.cookies() == []
    assert page.evaluate("Object.keys(localStorage)") == []


def expect_scrolled(page: Page) -> None:
    while not page.evaluate("scrollY"):  # until the test is timed out
        page.wait_for_timeout(50)


def test_a_long_conversation_can_be_scrolled(watched: Watched, owner: Owner) -> None:
    page = open_link(watched, owner.share(owner.keep(*["Вопрос", "Ответ\n\n" * 20] * 5)))
    expect(page.locator(".message--assistant")).to_have_count(5)
    page.mouse.move(600, 400)
    page.mouse.wheel(0, 500)
    expect_scrolled(page)
    page.goto(f"{watched.address}/help/ru/data.md")
    expect(page.locator(".heading").first).to_be_visible()
    page.mouse.wheel(0, 500)
    expect_scrolled(page)


def test_reasoning_can_be_read_when_it_is_shared(watched: Watched, owner: Owner) -> None:
    page = open_link(watched, owner.share(owner.keep("Вопрос", "Ответ"), reasoning=True))
    page.get_by_text("Размышления").click()
    expect(page.get_by_text("Сначала думаю.")).to_be_visible()


def test_a_revoked_link_leads_nowhere_at_once(watched: Watched, owner: Owner) -> None:
    share = owner.share(owner.keep("Вопрос", "Ответ"))
    page = open_link(watched, share)
    expect(page.locator(".message--assistant")).to_contain_text("Ответ")
    owner.send("DELETE", f"shares/{share['id']}")
    assert page.reload().status == 404  # type: ignore[union-attr]
    expect(page.get_by_role("heading", name="Ссылка ни к чему не ведёт")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("Ответ")
    unknown = page.goto(f"{watched.address}/s/{'a' * 33}")
    assert unknown is not None
    assert unknown.status == 404
    assert unknown.headers["x-robots-tag"].startswith("noindex")
    expect(page.get_by_role("heading", name="Ссылка ни к чему не ведёт")).to_be_visible()


def test_hostile_text_executes_nothing_behind_a_link(watched: Watched, owner: Owner) -> None:
    said = [text for kind in PAYLOADS.values() for payload in kind for text in (payload, payload)]
    share = owner.share(owner.keep(*said), reasoning=True)
    page = open_link(watched, share)
    expect(page.locator(".message--assistant")).to_have_count(len(said) // 2)
    for summary in page.locator("summary").all()[:3]:
        summary.click()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.__pwn") is None
    assert page.locator("script:not([type]), iframe, object, embed, [onerror], [onload]").count() == 0


def test_a_link_works_below_a_prefix(browser: Any, tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, free_port(), discovery=False, url_prefix="/chat")
    server.address += "/chat"
    server.start()
    try:
        owner = Owner(server)
        share = owner.share(owner.keep("Вопрос", "Ответ"))
        watched = Watched(browser, server.address)
        expect(open_link(watched, share).locator(".message--assistant")).to_contain_text("Ответ")
        watched.context.close()
        assert watched.faults == []
    finally:
        server.kill()


def test_paper_has_the_messages_only(watched: Watched, owner: Owner) -> None:
    conversation = owner.keep("Вопрос", RICH)
    page: Page = watched.page
    page.emulate_media(media="print", color_scheme="dark")
    for path in (f"chat/{conversation}", owner.share(conversation)["path"]):
        page.goto(f"{watched.address}/{path}")
        expect(page.locator(".message--assistant math")).to_be_visible()
        for chrome in (".sidebar", ".bar", ".composer", ".code__head button", ".table__tools", ".message--user .message__foot"):
            expect(page.locator(f"{chrome}:visible")).to_have_count(0)
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
        link = page.locator(".markdown a.link")
        assert "example.org" in link.evaluate("link => getComputedStyle(link, '::after').content")
        part = page.locator(".code__part").first
        assert part.evaluate("part => getComputedStyle(part).whiteSpace") == "pre-wrap"
        assert page.evaluate("getComputedStyle(document.body).overflow") == "visible"


def open_dialog(watched: Watched, conversation: str) -> Page:
    page: Page = watched.page
    page.goto(f"{watched.address}/chat/{conversation}")
    page.get_by_role("main").get_by_role("button", name="Поделиться").click()
    expect(page.get_by_role("dialog", name="Поделиться")).to_be_visible()
    return page


def test_a_link_is_made_copied_and_revoked_in_the_dialog(watched: Watched, owner: Owner) -> None:
    watched.context.grant_permissions(["clipboard-read", "clipboard-write"])
    conversation = owner.keep("Вопрос", "Ответ")
    page = open_dialog(watched, conversation)
    page.get_by_text("Неделю", exact=True).click()
    page.get_by_role("button", name="Создать ссылку").click()
    expect(page.get_by_role("status").get_by_text("Ссылка скопирована")).to_be_visible()
    address = page.evaluate("navigator.clipboard.readText()")
    (made,) = owner.send("GET", "shares")["shares"]
    assert address == f"{watched.address}/{made['path']}"
    assert made["expires_at"] == pytest.approx(made["created_at"] + 7 * 86_400)
    other = watched.open()
    other.goto(address)
    expect(other.locator(".message--assistant")).to_contain_text("Ответ")
    page.get_by_role("button", name="Отозвать").click()
    expect(page.get_by_text("Ссылка отозвана.")).to_be_visible()
    other.reload()
    expect(other.get_by_role("heading", name="Ссылка ни к чему не ведёт")).to_be_visible()
    page.get_by_role("button", name="Вернуть").click()
    expect(page.get_by_role("button", name="Отозвать")).to_be_visible()
    other.reload()
    expect(other.locator(".message--assistant")).to_contain_text("Ответ")
    assert owner.send("GET", "shares")["shares"] == [made]
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


# Safari lets a page write to the clipboard at the moment of a click, and not when its server has answered.
STRICT = """{
  const { clipboard } = navigator
  let isClick = false
  addEventListener("click", () => { isClick = true; setTimeout(() => { isClick = false }) }, true)
  for (const way of ["write", "writeText"]) {
    const write = clipboard[way].bind(clipboard)
    clipboard[way] = async what => { if (!isClick) throw new DOMException("", "NotAllowedError"); await write(what) }
  }
  document.execCommand = () => false
}"""


def test_a_link_is_copied_where_only_a_click_may_copy(watched: Watched, owner: Owner) -> None:
    watched.context.grant_permissions(["clipboard-read", "clipboard-write"])
    watched.page.add_init_script(STRICT)
    page = open_dialog(watched, owner.keep("Вопрос", "Ответ"))
    for button in ("Создать ссылку", "Скопировать ссылку"):
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("status").get_by_text("Ссылка скопирована")).to_be_visible()
        (made,) = owner.send("GET", "shares")["shares"]
        assert page.evaluate("navigator.clipboard.readText()") == f"{watched.address}/{made['path']}"


def test_a_link_that_could_not_be_made_leaves_the_clipboard_alone(watched: Watched, owner: Owner) -> None:
    watched.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = open_dialog(watched, owner.keep("Вопрос", "Ответ"))
    page.evaluate("navigator.clipboard.writeText('прежнее')")
    refused = {"error": {"code": "sharing_off", "message": "", "values": {}}}
    make = page.get_by_role("button", name="Создать ссылку")
    expect(make).to_be_enabled()
    page.route("**/shares", lambda route: route.fulfill(status=404, json=refused))
    make.click()
    expect(page.locator(".share__said")).not_to_be_empty()
    page.wait_for_timeout(300)
    expect(page.locator(".share__said")).not_to_contain_text("копир")
    assert page.evaluate("navigator.clipboard.readText()") == "прежнее"


def test_a_link_is_copied_the_old_way_from_within_the_dialog(watched: Watched, owner: Owner) -> None:
    watched.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader = watched.open()
    reader.goto(watched.address)
    watched.page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page = open_dialog(watched, owner.keep("Вопрос", "Ответ"))
    page.get_by_role("button", name="Создать ссылку").click()
    expect(page.get_by_role("status").get_by_text("Ссылка скопирована")).to_be_visible()
    (made,) = owner.send("GET", "shares")["shares"]
    assert reader.evaluate("navigator.clipboard.readText()") == f"{watched.address}/{made['path']}"
    copy = page.get_by_role("button", name="Скопировать ссылку")
    copy.click()
    expect(copy).to_be_focused()


def test_all_links_are_seen_in_one_place_and_revoked_there(watched: Watched, owner: Owner) -> None:
    watched.context.grant_permissions(["clipboard-read", "clipboard-write"])
    pie = owner.share(owner.keep("Пирог?", "С яблоками", "А тесто?", "Песочное", identity="pie", title="Пирог"))
    owner.share(owner.keep("Суп?", "Гороховый", identity="soup", title="Суп"), expires_in=86_400)
    page: Page = watched.page
    page.goto(watched.address)
    page.get_by_role("button", name="Настройки", exact=True).click()
    page.get_by_role("button", name="Ссылки для чтения").click()
    links = page.get_by_role("dialog", name="Ссылки для чтения")
    expect(links.get_by_role("listitem")).to_contain_text(
        [re.compile("Суп.*до ", re.DOTALL), re.compile("Пирог.*без срока", re.DOTALL)]
    )
    links.get_by_role("button", name="Скопировать ссылку: Пирог").click()
    expect(links.get_by_role("status").get_by_text("Ссылка скопирована")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{watched.address}/{pie['path']}"
    links.get_by_role("button", name="Отозвать: Суп").click()
    expect(links.get_by_text("Ссылка отозвана.")).to_be_visible()
    assert [each["title"] for each in owner.send("GET", "shares")["shares"]] == ["Пирог"]
    links.get_by_role("button", name="Вернуть: Суп").click()
    expect(links.get_by_role("button", name="Отозвать: Суп")).to_be_visible()
    assert len(owner.send("GET", "shares")["shares"]) == 2
    links.get_by_role("link", name="Пирог").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".message--assistant").last).to_contain_text("Песочное")
    page.keyboard.press("Control+Shift+KeyK")
    expect(page.get_by_role("dialog").get_by_role("combobox")).to_be_focused()
    page.keyboard.type("ссылки")
    page.get_by_role("option", name="Ссылки для чтения").click()
    expect(links.get_by_role("listitem")).to_have_count(2)


def test_the_dialog_opens_from_the_menu_of_the_list_by_keyboard(watched: Watched, owner: Owner) -> None:
    owner.keep("Вопрос", "Ответ", title="Пирог")
    page: Page = watched.page
    page.goto(watched.address)
    button = page.get_by_role("button", name=re.compile("Пирог"))
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Поделиться")).to_be_visible()
    page.get_by_role("menuitem", name="Поделиться").press("Enter")
    expect(page.get_by_role("button", name="Создать ссылку")).to_be_visible()
    assert page.get_by_role("menuitem", name=re.compile("Скачать")).count() == 0
    for name, ending in (("Markdown", ".md"), ("JSON", ".json")):
        with page.expect_download() as download:
            page.get_by_role("button", name=name, exact=True).click()
        assert re.fullmatch(rf"\d{{4}}-\d\d-\d\d Пирог\{ending}", download.value.suggested_filename)
        kept = Path(download.value.path()).read_text("utf-8")
        assert "Ответ" in kept
        assert ("Сначала думаю." in kept) == (name == "JSON")  # which is for bringing everything back


def test_what_is_shown_is_what_is_shared(watched: Watched, owner: Owner) -> None:
    conversation = owner.keep("Вопрос", "Ответ прежний")
    answer = owner.send("GET", f"conversations/{conversation}")["messages"][-1]["id"]
    owner.send("POST", f"answers/{answer}/edit", {"id": "rewritten-1", "text": "Ответ новый"})
    page: Page = watched.page
    page.goto(f"{watched.address}/chat/{conversation}")
    page.get_by_role("button", name="Предыдущий вариант").click()
    expect(page.locator(".message--assistant")).to_contain_text("Ответ прежний")
    page.get_by_role("main").get_by_role("button", name="Поделиться").click()
    page.get_by_role("button", name="Создать ссылку").click()
    expect(page.get_by_role("button", name="Отозвать")).to_be_visible()
    (made,) = owner.send("GET", "shares")["shares"]
    assert made["leaf"] == answer
    expect(open_link(watched, made).locator(".message--assistant")).to_contain_text("Ответ прежний")


def save(page: Page, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name="Страница HTML").click()
    file = folder / "saved.html"
    download.value.save_as(file)
    return file


def open_file(browser: Any, file: Path, **how: Any) -> tuple[Page, list[str]]:
    """The file as a person opens it from the disk, and everything that it asks for."""
    page = browser.new_context(locale="ru-RU", **how).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    return page, [url for url in asked if url != file.as_uri() and not url.startswith("data:")]


def test_a_saved_page_is_whole_without_any_server(watched: Watched, owner: Owner, browser: Any, tmp_path: Path) -> None:
    rows = "\n".join(f"| {number} | x |" for number in range(300))
    lines = "\n".join(f"x = {number}" for number in range(100))
    long = f"{RICH}\n\n| n | x |\n|---|---|\n{rows}\n\n```python\n{lines}\n```\n"
    page = open_dialog(watched, owner.keep("Расскажи про ёлку", long, title="Ёлка: как есть?"))
    page.get_by_text("Вместе с размышлениями").click()
    file = save(page, tmp_path)
    for scheme, background in (("light", "rgb"), ("dark", "rgb")):
        saved, asked = open_file(browser, file, color_scheme=scheme)
        assert asked == []
        expect(saved).to_have_title("Ёлка: как есть?")
        expect(saved.locator("h1")).to_have_text("Ёлка: как есть?")
        expect(saved.locator("math")).to_be_visible()
        expect(saved.locator(".hljs-keyword").first).to_be_visible()
        expect(saved.locator(".code").nth(1).locator(".hljs-number").last).to_have_text("99")
        expect(saved.locator("td").get_by_text("299", exact=True)).to_be_visible()
        assert saved.locator("button, script, [onclick]").count() == 0
        saved.get_by_text("Размышления").click()
        expect(saved.get_by_text("Сначала думаю.")).to_be_visible()
        saved.locator(".note-mark a").click()
        assert "#note-" in saved.url
        lightness = saved.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert lightness.startswith(("ok", background))
        shades = re.findall(r"[\d.]+", lightness)
        assert (float(shades[0]) > 0.5) == (scheme == "light"), lightness
        saved.context.close()


@pytest.mark.parametrize("bypass", [False, True], ids=["with its policy", "without its policy"])
def test_a_hostile_conversation_saved_as_a_page_runs_and_asks_nothing(
    watched: Watched, owner: Owner, browser: Any, tmp_path: Path, bypass: bool
) -> None:
    said = [text for kind in PAYLOADS.values() for payload in kind for text in (payload, payload)]
    page = open_dialog(watched, owner.keep(*said))
    page.get_by_text("Вместе с размышлениями").click()
    file = save(page, tmp_path)
    text = file.read_text("utf-8")
    assert "default-src 'none'" in text
    assert watched.address not in text
    saved, asked = open_file(browser, file, bypass_csp=bypass)
    expect(saved.locator(".message--assistant")).to_have_count(len(said) // 2)
    saved.mouse.wheel(0, 5000)
    saved.emulate_media(media="print")
    saved.wait_for_timeout(300)
    assert asked == []
    assert saved.evaluate("window.__pwn") is None
    assert saved.locator("script, iframe, object, embed, form, link, base, img:not([src^='data:'])").count() == 0
    assert saved.title() == TITLE
    saved.context.close()


def test_printing_from_the_dialog_puts_the_whole_conversation_on_paper(watched: Watched, owner: Owner) -> None:
    watched.context.add_init_script("window.print = () => { document.documentElement.dataset.printed = 'yes' }")
    rows = "\n".join(f"| {number} | x |" for number in range(300))
    page = open_dialog(watched, owner.keep("Вопрос", f"| n | x |\n|---|---|\n{rows}\n", title="На бумагу"))
    page.get_by_role("button", name="Печать и PDF").click()
    expect(page.locator("html")).to_have_attribute("data-printed", "yes")
    page.emulate_media(media="print")
    expect(page.locator(".paper td").get_by_text("299", exact=True)).to_be_visible()
    expect(page.locator("#app")).to_be_hidden()
    expect(page).to_have_title("На бумагу")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".paper td").get_by_text("299", exact=True)).to_be_visible()  # an iPhone only now begins to draw it
    page.emulate_media(media="screen")
    expect(page.locator(".paper")).to_be_hidden()
    page.get_by_role("heading", name="Поделиться").click()
    expect(page.locator(".paper")).to_have_count(0)
    expect(page).not_to_have_title("На бумагу")
    expect(page.get_by_role("dialog", name="Поделиться")).to_be_visible()
