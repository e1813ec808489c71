/** Made-up data that shows every state of every component. */
import * as store from "../store.js"

/** @import { Message } from "../chat.js" */

const TEXT = `One key is enough where the second field is a number:

\`\`\`python
orders = [{"town": "Oryol", "sum": 3400}, {"town": "Tver", "sum": 1200}]
orders.sort(key=lambda order: (order["town"], -order["sum"]))
\`\`\`

| Case | Way | Cost |
|---|---|---|
| numbers | minus in the key | $O(n \\log n)$ |
| strings | two passes | $2 \\cdot O(n \\log n)$ |

- [x] sorting is **stable**
- [ ] and *fast*

> See [the manual](https://docs.example.org/sorting) and \`sorted\`.[1]

$$\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}$$
`
const THOUGHT = "A tuple will do; a minus turns the order of numbers, strings need two passes."
const NOW = 1_790_000_000

/** @param {string} id @param {Partial<Message>} more @returns {Message} */
const answer = (id, more) => /** @type {Message} */ ({
  id, parent_id: "question", role: "assistant", text: "", reasoning: "", state: "complete", reason: "stop", code: null, model: "qwen3:8b", provider: "Ollama",
  citations: [], tool_calls: [], seams: [], usage: null, created_at: NOW, finished_at: NOW + 9, seq: 9, ...more,
})

/** Every state of a message, by what it is. @type {Record<string, Message>} */
export const MESSAGES = {
  question: /** @type {Message} */ ({ id: "question", parent_id: null, role: "user", text: "How do I sort a list of dictionaries by two fields?", created_at: NOW }),
  whole: answer("whole", {
    text: TEXT, reasoning: THOUGHT, citations: [{ url: "https://docs.example.org/sorting", title: "Sorting HOW TO" }],
    usage: { prompt_tokens: 40, completion_tokens: 312, reasoning_tokens: 0, seconds: 8.2 },
  }),
  seam: answer("seam", { text: "The first half. The second half.", seams: [{ at: 16, from: "Ollama", to: "DeepSeek", code: "provider_unreachable" }] }),
  waiting: answer("waiting", { state: "running", progress: { phase: "load", detail: "", fraction: 0.4 }, finished_at: null }),
  thinking: answer("thinking", { state: "running", reasoning: THOUGHT, finished_at: null }),
  running: answer("running", { state: "running", text: "The answer is being", finished_at: null }),
  stopped: answer("stopped", { state: "stopped", text: "Half a sentence and" }),
  length: answer("length", { reason: "length", text: "As long as it may be." }),
  empty: answer("empty", {}),
  failed: answer("failed", { state: "failed", code: "provider_interrupted", text: "The line broke in" }),
}

/** A store as it would be in the middle of a day. */
export function fillStore() {
  const listed = ["A letter to the landlord", "Quantization of models", "Three days in Karelia, without a car and with a tent"]
  const items = listed.map((title, i) => /** @type {any} */ ({ id: `c${i}`, title, created_at: NOW, updated_at: NOW - i, revision: 1, running: i === 1, pinned: i === 0 }))
  store.dispatch({ type: "opened", id: "sample", messages: Object.values(MESSAGES) })
  store.dispatchList({ type: "listed", items, next: null })
  store.selection.value = { model: "qwen3:8b", provider: "Ollama", role: "default" }
  store.catalogue.value = /** @type {any} */ ({
    state: "ready", asking: false, found: ["Ollama"], default: { model: "qwen3:8b", provider: "Ollama" },
    models: [
      { id: "qwen3:8b", title: "", provider: "Ollama", context_length: 40_960, capabilities: ["thinking"] },
      { id: "gemma3:12b", title: "", provider: "Ollama", context_length: 131_072, capabilities: ["vision"] },
      { id: "deepseek-chat", title: "DeepSeek Chat", provider: "DeepSeek", context_length: 131_072, capabilities: [] },
    ],
    providers: [
      { id: "Ollama", title: "Ollama", local: true, state: "ready", models: 2 }, { id: "DeepSeek", title: "DeepSeek", state: "ready", models: 1 },
      { id: "OpenAI", title: "OpenAI", state: "needs_key", models: 0 }, { id: "LMStudio", title: "LM Studio", local: true, state: "unreachable", models: 0 },
    ],
    roles: [
      { id: "default", icon: "circle", title: { en: "No role" }, description: { en: "As the model is by itself" } },
      { id: "programmer", icon: "code", title: { en: "Programmer" }, description: { en: "Writes and explains code" } },
    ],
  })
}
