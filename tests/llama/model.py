"""Writes a real model for llama.cpp, 2 MB and made in a moment, whose answers are known word for word.

The embeddings are one-hot, attention and feed-forward are zero, so the next token depends on the present one alone. Every reply
is a chain of tokens that occur nowhere else, and the chat template inside the model picks the chain by a word in the last question.
"""

from __future__ import annotations

import sys
from pathlib import Path

import gguf
import numpy as np

PLAIN = "Привет! Я — проверочная модель. Мой ответ всегда один и тот же."
CODE = "Вот пример:\n\n```python\ndef сумма(a, b):\n    return a + b\n```\n\nГотово."
TABLE = "Корни: $x = \\frac{-b \\pm \\sqrt{b^2-4ac}}{2a}$ — это всё.\n\n| а | б |\n|---|---|\n| 1 | 2 |\n"
THOUGHT = "<think>\nНадо подумать.\n</think>\n\nОтвет: 42."
REPLIES = {"": PLAIN, "код": CODE, "формула": TABLE, "думай": THOUGHT}  # by a word of the question; "" is for all others
ENDLESS_WORD = "долго"  # this one repeats itself until the limit or until it is stopped
ENDLESS = "".join(f"слово{number} " for number in range(50))

# Qwen's form, so that llama.cpp tells reasoning from the answer.
TEMPLATE = """\
{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- if message.role == 'assistant' and message.reasoning_content %}
{{- '<think>\\n' + message.reasoning_content + '\\n</think>' }}{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- set asked = messages[-1].content %}CHOICE{%- endif %}"""

CONTEXT = 4096
FEED_FORWARD = 32
HEAD = 64  # width of an attention head; the model's width is a multiple of it
LOGIT = 2.0  # weight from a token to its successor; the norm in front of it makes the choice certain


class Vocabulary:
    """Tokens: the 256 bytes, three marks, a start for every reply, and the pieces of the replies."""

    def __init__(self) -> None:
        self._alphabet = _byte_letters()
        self.tokens = [self._alphabet[byte] for byte in range(256)] + ["th"]  # "th" is there because a merge must exist
        self.kinds = [gguf.TokenType.NORMAL] * len(self.tokens)
        self.successor: dict[int, int] = {}
        self._taken = {chr(code) for code in range(256)} | {"th"}

    def mark(self, text: str) -> int:
        return self._add(text, gguf.TokenType.CONTROL)

    def chain(self, start: int, text: str, end: int | None) -> None:
        """After ``start`` comes ``text``, then ``end``; without one it begins anew."""
        previous, first = start, None
        for piece in self._pieces(text):
            token = self._add("".join(self._alphabet[byte] for byte in piece.encode()), gguf.TokenType.NORMAL)
            first = token if first is None else first
            self.successor[previous] = previous = token
        self.successor[previous] = first if end is None and first is not None else end or 0

    def _add(self, text: str, kind: gguf.TokenType) -> int:
        self.tokens.append(text)
        self.kinds.append(kind)
        return len(self.tokens) - 1

    def _pieces(self, text: str) -> list[str]:
        """Cut into pieces that stand nowhere else: llama.cpp wants no token twice."""
        pieces: list[str] = []
        position = 0
        while position < len(text):
            length = 2
            while text[position : position + length] in self._taken and position + length < len(text):
                length += 1
            piece = text[position : position + length]
            position += length
            if piece in self._taken and pieces:  # the end of the text: join it to the piece before
                self._taken.discard(pieces[-1])
                piece = pieces.pop() + piece
            self._taken.add(piece)
            pieces.append(piece)
        return pieces


def write(path: Path) -> None:
    """Write the model to ``path``."""
    vocabulary = Vocabulary()
    end_of_text, _, end = (vocabulary.mark(mark) for mark in ("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    starts: dict[str, str] = {}
    for word, reply in (*REPLIES.items(), (ENDLESS_WORD, ENDLESS)):
        starts[word] = f"<|reply{len(starts)}|>"
        vocabulary.chain(vocabulary.mark(starts[word]), reply, None if word == ENDLESS_WORD else end)
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, vocabulary, _template(starts), end, end_of_text)
    _weigh(writer, vocabulary)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _template(starts: dict[str, str]) -> str:
    branches = [f"{{%- if '{word}' in asked %}}{{{{- '{start}' }}}}" for word, start in starts.items() if word]
    choice = "".join(branches).replace("{%- if", "{%- elif").replace("{%- elif", "{%- if", 1)
    return TEMPLATE.replace("CHOICE", f"{choice}{{%- else %}}{{{{- '{starts['']}' }}}}{{%- endif %}}")


def _describe(writer: gguf.GGUFWriter, vocabulary: Vocabulary, template: str, end: int, end_of_text: int) -> None:
    width = _width(vocabulary)
    writer.add_name("scripted")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(width // HEAD)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_rope_dimension_count(HEAD)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.kinds)
    writer.add_token_merges(["t h"])
    writer.add_eos_token_id(end)
    writer.add_bos_token_id(end_of_text)
    writer.add_pad_token_id(end_of_text)
    writer.add_add_bos_token(False)
    writer.add_chat_template(template)


def _weigh(writer: gguf.GGUFWriter, vocabulary: Vocabulary) -> None:
    size, width = len(vocabulary.tokens), _width(vocabulary)
    embedding = np.zeros((size, width), np.float16)
    embedding[np.arange(size), np.arange(size)] = 1
    output = np.zeros((size, width), np.float16)
    for token, following in vocabulary.successor.items():
        output[following, token] = LOGIT
    norm = np.ones(width, np.float32)
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", output)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", norm)
    silent = {
        "attn_q": (width, width),
        "attn_k": (HEAD, width),
        "attn_v": (HEAD, width),
        "attn_output": (width, width),
        "ffn_gate": (FEED_FORWARD, width),
        "ffn_up": (FEED_FORWARD, width),
        "ffn_down": (width, FEED_FORWARD),
    }
    for name, shape in silent.items():
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros(shape, np.float16))


def _width(vocabulary: Vocabulary) -> int:
    return -(-len(vocabulary.tokens) // HEAD) * HEAD


def _byte_letters() -> dict[int, str]:
    """A letter for each byte: printable bytes are themselves, the others come from U+0100 on (byte-level BPE, as in GPT-2)."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    hidden = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) if byte in printable else chr(256 + hidden.index(byte)) for byte in range(256)}


if __name__ == "__main__":
    write(Path(sys.argv[1]))
