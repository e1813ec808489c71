// What the page uses of highlight.js, whose package of ready files ships no types. Set-up copies it beside the vendored file.

interface Highlighted {
  value: string
  language?: string
  relevance: number
}

declare const hljs: {
  registerLanguage(name: string, language: unknown): void
  getLanguage(name: string): unknown
  highlight(code: string, options: { language: string; ignoreIllegals?: boolean }): Highlighted
  listLanguages(): string[]
}

export default hljs
