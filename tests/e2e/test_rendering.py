"""Markdown in Chromium, under the page's own policy: hostile text does nothing, and a streamed answer is drawn like a whole one."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.markdown_payloads import CITATIONS, MARKUP, OUTSIDE, PAYLOADS, PLACES
from tests.e2e.rendering_stage import stage

PIECES = (1, 2, 3, 7)

pytestmark = [
    pytest.mark.timeout(600),
]

# Everything that the component may draw; what is not here was made by the text.
FORBIDDEN = """(place) => {
  const elements = new Set(("article div p h3 h4 h5 h6 hr ul ol li blockquote figure figcaption pre code span button "
    + "strong em del br a img sup input section table thead tbody tr th td").split(" "))
  const attributes = new Set(("class title href target rel type checked disabled start value id tabindex role "
    + "aria-label aria-pressed aria-expanded scope alt src dir data-host").split(" "))
  const found = []
  for (const element of place.querySelectorAll("*")) {
    if (element.closest(".code__head svg.icon") && ["svg", "path"].includes(element.localName)) continue
    const name = element.localName
    const isMath = element.namespaceURI === "http://www.w3.org/1998/Math/MathML"
    if (isMath ? !/^(?:math|semantics|annotation|none|m[a-z]+)$/.test(name) : !elements.has(name)) found.push(name)
    for (const { name: attribute, value } of element.attributes) {
      const isOdd = isMath ? /^(?:on|style|href|src|xlink|id|name|class)/.test(attribute) : !attributes.has(attribute)
      if (isOdd) found.push(`${name} ${attribute}`)
      if (attribute === "dir" && value !== "auto") found.push(`dir ${value}`)
      if (attribute === "id" && !/^note-\\d+$/.test(value)) found.push(`id ${value}`)
      if (attribute === "href" && !/^(?:https?:\\/\\/|mailto:|#)/.test(value)) found.push(`href ${value}`)
      if (attribute === "src" && !/^data:image\\/(?:png|jpe?g|gif|webp);base64,/.test(value)) found.push(`src ${value}`)
    }
    const isSafe = element.target === "_blank" && element.rel === "noopener noreferrer nofollow"
    if (name === "a" && !element.getAttribute("href")?.startsWith("#") && !isSafe) found.push(element.outerHTML)
  }
  if (window.__pwn !== undefined) found.push("executed")
  return found
}"""

# The drawn elements, without what comes later by itself (colours, formulas) and may be finished or not at this moment.
SHAPE = """(place) => {
  const copy = place.cloneNode(true)
  for (const part of copy.querySelectorAll(".code__part")) part.textContent = part.textContent
  for (const formula of copy.querySelectorAll(".formula")) {
    formula.textContent = formula.querySelector("annotation, code")?.textContent.trim() ?? formula.textContent
  }
  // An element that was something else before has its attributes in another order; that is no difference.
  for (const element of copy.querySelectorAll("*")) {
    const attributes = [...element.attributes].sort((one, other) => one.name < other.name ? -1 : 1)
    for (const { name } of attributes) element.removeAttribute(name)
    for (const { name, value } of attributes) element.setAttribute(name, value)
  }
  return copy.innerHTML
}"""

# Whether two places come to show the same. A busy browser draws the end of a text a few frames late: slices are the product's way.
ALIKE = f"""async (one, other) => {{
  const shape = {SHAPE}
  for (const end = performance.now() + 20_000; shape(one) !== shape(other); await stage.frame()) {{
    if (performance.now() > end) return false
  }}
  return true
}}"""

ANSWER = """# Ответ

Абзац с **жирным**, *курсивом*, `кодом` и [ссылкой](https://example.com/a?b=1&amp;c=2 "Подсказка"), см. [позже] и[^1].
Вторая строка: $x^2$ и цены $5 и $10.

1. Первый
   - вложенный **пункт**

   ```python
   print("внутри списка")
   ```
2. Второй

- [x] сделано
- [ ] нет

> Цитата
> - в ней список

| Имя | Число |
|:----|------:|
| а   | `1`   |
| б   | **2** |

$$
\\frac{a}{b}
$$

```js
const ответ = 42 // <b>
```

![Кот](https://cats.example/cat.png) и <b>разметка</b>

[позже]: https://later.example/
[^1]: Сноска с `кодом`.
"""


class Watched:
    """A page of the stage that writes down everything that should not happen."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.trouble: list[str] = []
        page.on(
            "console",
            lambda message: self.trouble.append(f"console {message.text}") if message.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: self.trouble.append(f"error {error}"))
        page.on("dialog", lambda dialog: (self.trouble.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on(
            "request",
            lambda request: None if request.url.startswith((address, "data:")) else self.trouble.append(f"request {request.url}"),
        )
        page.goto(address)
        self.until("window.ready")

    def until(self, condition: str) -> None:
        """Wait for a condition. Playwright's own way evaluates a string inside the page, which the policy refuses."""
        end = time.monotonic() + 30
        while not self.page.evaluate(condition):
            assert time.monotonic() < end, condition
            self.page.wait_for_timeout(20)

    def quiet(self) -> bool:
        assert self.trouble == []
        assert self.page.evaluate("window.violations") == []
        return True


@pytest.fixture(scope="module")
def opened(browser: Any) -> Iterator[Any]:
    with stage() as address, ExitStack() as contexts:  # closed also where a test fails: the stage waits for its connections

        def open_page(**options: Any) -> Watched:
            context = browser.new_context(viewport={"width": 900, "height": 1200}, **options)
            contexts.callback(context.close)
            return Watched(context.new_page(), address)

        yield open_page


@pytest.fixture(scope="module", params=[False, True], ids=["with the policy", "policy bypassed"])
def watched(request: pytest.FixtureRequest, opened: Any) -> Iterator[Watched]:
    watched = opened(bypass_csp=request.param)
    yield watched
    watched.page.context.close()


# All texts at once, each whole and in pieces of each size: they share the frames they wait for.
TRY = f"""async ([texts, citations]) => {{
  const forbidden = {FORBIDDEN}, shape = {SHAPE}, alike = {ALIKE}
  const found = new Set()
  const look = place => forbidden(place).forEach(fault => found.add(fault))
  const one = async ([text, sizes], i) => {{
    const whole = stage.show(`whole${{i}}`, text, false, citations)
    await stage.frame()
    look(whole)
    await Promise.all(sizes.map(async size => {{
      const place = await stage.stream(`pieces${{i}}.${{size}}`, text, size, look, citations)
      if (!await alike(place, whole)) found.add(`in pieces of ${{size}}: ${{shape(place)}} instead of ${{shape(whole)}}`)
      look(place)
      stage.remove(`pieces${{i}}.${{size}}`)
    }}))
    const hover = new MouseEvent("mouseover", {{ bubbles: true }})
    whole.querySelectorAll("*").forEach(element => element.dispatchEvent(hover))
    await new Promise(done => setTimeout(done, 20))
    look(whole)
    stage.remove(`whole${{i}}`)
  }}
  await Promise.all(texts.map(one))
  return [...found]
}}"""


@pytest.mark.parametrize("kind", PAYLOADS)
def test_hostile_text_does_nothing_whole_or_in_pieces(watched: Watched, kind: str) -> None:
    texts = [(text, [size for size in PIECES if len(text) / size < 500] or [97, 541]) for text in PAYLOADS[kind]]
    assert watched.page.evaluate(TRY, [texts, CITATIONS]) == []
    watched.page.wait_for_timeout(100)
    assert watched.quiet()


@pytest.mark.parametrize("place", PLACES)
def test_markup_that_fools_sanitizers_does_nothing_in_any_place_of_a_text(watched: Watched, place: str) -> None:
    texts = [(place.replace("%", vector), [7]) for vector in MARKUP]
    assert watched.page.evaluate(TRY, [texts, CITATIONS]) == []
    watched.page.wait_for_timeout(100)  # in code it is coloured now: the one way markup takes
    assert watched.page.evaluate("window.__pwn") is None
    assert watched.quiet()


@pytest.mark.parametrize("size", PIECES)
def test_an_answer_in_pieces_is_drawn_like_a_whole_one(opened: Any, size: int) -> None:
    watched = opened()
    streamed, whole = watched.page.evaluate(
        f"""async ([text, size]) => {{
          const shape = {SHAPE}, alike = {ALIKE}
          const place = await stage.stream("pieces", text, size)
          const whole = stage.show("whole", text)
          await alike(place, whole)
          return [shape(place), shape(whole)]
        }}""",
        [ANSWER, size],
    )
    assert streamed == whole
    page = watched.page
    assert page.locator("article").first.locator("a.link").evaluate_all(
        "links => links.map(link => [link.textContent, link.href, link.title])"
    ) == [
        ["ссылкой", "https://example.com/a?b=1&c=2", "Откроется example.com\nПодсказка"],
        ["позже", "https://later.example/", "Откроется later.example"],
    ]
    watched.until("document.querySelectorAll('article:first-child math').length === 2")
    watched.until("document.querySelectorAll('article:first-child .hljs-keyword').length === 1")
    assert page.locator("article").first.locator("b").count() == 0
    assert watched.quiet()
    page.context.close()


def test_the_parts_of_an_answer_are_the_right_elements(opened: Any) -> None:
    watched = opened()
    page = watched.page
    page.evaluate("text => { stage.show('a', text) }", ANSWER)
    assert page.locator("h3.heading--1").inner_text() == "Ответ"
    assert page.locator("ol.list > li ul.list li strong").inner_text() == "пункт"
    assert page.locator("li.task input").evaluate_all("boxes => boxes.map(box => box.checked)") == [True, False]
    assert page.locator("blockquote li").count() == 1
    assert page.locator("td.align-right").all_inner_texts() == ["1", "2"]
    assert page.locator(".picture-remote").inner_text().split("\n") == ["Кот", "https://cats.example/cat.png"]
    assert page.locator(".notes li").inner_text() == "Сноска с кодом."
    assert "<b>разметка</b>" in page.locator("article").inner_text()
    page.locator(".note-mark a").click()
    assert page.evaluate("[document.activeElement.id, location.hash]") == ["note-1", ""]
    assert watched.quiet()
    page.context.close()


def test_long_code_is_folded_coloured_and_copied_whole(opened: Any) -> None:
    watched = opened(permissions=["clipboard-read", "clipboard-write"])
    page = watched.page
    lines = [f"const имя{i} = `{i} < ${{{i}}}` // комментарий" for i in range(100)]
    lines[30:34] = ["/* комментарий", "через", "границу", "частей */"]
    code = "\n".join(lines)
    page.evaluate("text => { stage.show('a', text) }", f"```js\n{code}\n```")
    watched.until("document.querySelectorAll('.code__part .hljs-keyword').length >= 96")
    assert page.locator(".code__part").nth(1).locator(".hljs-comment").first.inner_text().strip() == "границу\nчастей */"
    assert page.locator("code").evaluate("node => node.textContent") == code
    more = page.get_by_role("button", name="Показать всё (100 строк)")
    folded = page.locator("pre").bounding_box()
    more.click()
    opened_box = page.locator("pre").bounding_box()
    assert folded
    assert opened_box
    assert opened_box["height"] > folded["height"] * 2
    page.get_by_role("button", name="Перенос строк").click()
    assert page.locator(".code--wrap").count() == 1
    page.get_by_role("button", name="Копировать").click()
    page.get_by_role("button", name="Скопировано").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == code
    assert watched.quiet()
    page.context.close()


def test_code_that_was_ended_may_grow_on(opened: Any) -> None:
    watched = opened()
    page = watched.page
    page.evaluate("stage.show('a', '```js\\nconst a = 1\\n'), 0")
    page.wait_for_selector(".hljs-keyword")
    page.evaluate("stage.show('a', '```js\\nconst a = 1\\nlet b\\n```\\nдальше'), 0")
    watched.until("document.querySelectorAll('.hljs-keyword').length === 2")
    assert page.locator("code").evaluate("node => node.textContent") == "const a = 1\nlet b"
    assert watched.quiet()
    page.context.close()


def test_a_table_is_copied_as_tsv(opened: Any) -> None:
    watched = opened(permissions=["clipboard-read", "clipboard-write"])
    page = watched.page
    page.evaluate("text => { stage.show('a', text) }", "| а | б |\n|---|---|\n| 1 | =СУММ(A1) |\n| x\\|y | -5 |\n")
    page.get_by_role("button", name="Копировать таблицу").click(force=True)
    page.get_by_role("button", name="Скопировано").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "а\tб\n1\t'=СУММ(A1)\nx|y\t-5"
    assert watched.quiet()
    page.context.close()


def test_a_table_and_code_are_saved_as_files(opened: Any) -> None:
    watched = opened()
    page = watched.page
    page.evaluate("text => { stage.show('a', text) }", "| а | б |\n|---|---|\n| 1,5 | =1+1 |\n\n```python\nprint(1)\n```")
    with page.expect_download() as table:
        page.get_by_role("button", name="Скачать таблицу в CSV").click(force=True)
    assert table.value.suggested_filename == "таблица.csv"
    assert table.value.path().read_bytes().decode("utf-8-sig") == "а;б\r\n1,5;'=1+1\r\n"
    with page.expect_download() as code:
        page.get_by_role("button", name="Скачать", exact=True).click()
    assert code.value.suggested_filename == "code.py"
    assert code.value.path().read_text() == "print(1)"
    assert watched.quiet()
    page.context.close()


def test_the_language_changes_without_a_reload(opened: Any) -> None:
    watched = opened()
    page = watched.page
    text = "[a](https://example.com)\n\n- [x] b\n\n```js\nc\n```\n\n|d|\n|-|\n|e|"
    page.evaluate("text => { stage.show('a', text) }", text)
    page.evaluate("stage.speak('en')")
    watched.until("document.querySelector('a').title === 'Opens example.com'")
    assert page.locator("input").get_attribute("aria-label") == "Done"
    labels = page.locator(".code__head button").evaluate_all("buttons => buttons.map(button => button.ariaLabel)")
    assert labels == ["Wrap lines", "Download", "Copy"]
    assert page.locator(".table__tools button").all_text_contents() == ["Copy table", "CSV"]
    assert watched.quiet()
    page.context.close()


def test_a_long_table_is_folded(opened: Any) -> None:
    watched = opened()
    page = watched.page
    page.evaluate("text => { stage.show('a', text) }", "| а |\n|---|\n" + "".join(f"| {i} |\n" for i in range(1_000)))
    assert page.locator("tbody tr").count() < 300
    page.get_by_role("button", name="Показать всё (1 000 строк)").click()
    assert page.locator("tbody tr").count() == 1_000
    assert watched.quiet()
    page.context.close()


def test_sources_become_chips_and_hosts_that_mislead_are_named(opened: Any) -> None:
    watched = opened()
    page = watched.page
    text = f"Так [1]. Смотри [bank.example]({OUTSIDE}/x)"
    page.evaluate("text => { stage.show('a', text, false, [{ url: 'https://s.example/', title: 'Источник' }]) }", text)
    assert page.locator("a.cite").get_attribute("href") == "https://s.example/"
    assert page.locator(".link-host").inner_text().strip() == f"({OUTSIDE[8:]})"
    assert watched.quiet()
    page.context.close()


def test_a_heap_of_words_that_comes_at_once_is_drawn_in_slices(opened: Any) -> None:
    watched = opened()
    page = watched.page
    text = "Слово за словом.\n\n" * 1_000
    first = page.evaluate("text => stage.show('a', text, true).querySelectorAll('p').length", text)
    assert 0 < first < 500
    watched.until("document.querySelectorAll('p').length === 1000")
    assert watched.quiet()
    page.context.close()


# Longer than what is laid out at once: how it is written, and its words.
LONG = {
    "paragraph": ("слово за словом " * 4_000,) * 2,
    "list": ("".join(f"- пункт {i}\n" for i in range(700)), "".join(f"пункт {i}" for i in range(700))),
    "numbered list": ("".join(f"{i}. пункт\n" for i in range(3, 703)), "пункт" * 700),
    "markup": ("<div>\n" + "строка за строкой\n" * 2_000,) * 2,
}


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("kind", LONG)
def test_a_block_that_is_too_long_is_drawn_in_stretches(opened: Any, kind: str) -> None:
    watched = opened()
    page = watched.page
    text, words = LONG[kind]
    assert not page.evaluate("text => stage.show('short', text).querySelectorAll('.stretch').length", text[:1_000])
    page.evaluate("text => { window.whole = stage.show('long', text) }", text)
    watched.until(f"whole.textContent.replace(/\\s/g, '').length === {len(bare(words))}")
    assert bare(page.evaluate("whole.textContent")) == bare(words)
    stretches = page.locator("article:last-child .stretch")
    assert stretches.count() >= 3
    if kind == "numbered list":
        starts = [int(each.get_attribute("start")) for each in stretches.all()]
        assert starts == [3 + sum(each.locator("li").count() for each in stretches.all()[:at]) for at in range(len(starts))]
    assert page.evaluate(f"async text => ({ALIKE})(await stage.stream('streamed', text, 700), whole)", text)
    assert watched.quiet()
    page.context.close()


def test_a_large_message_is_shown_whole(opened: Any) -> None:
    watched = opened()
    page = watched.page
    page.evaluate("text => { stage.show('a', text) }", ANSWER * 150)
    watched.until("document.querySelectorAll('h3.heading--1').length === 150")
    assert watched.quiet()
    page.context.close()
