// Types of the vendored files whose packages ship none. The names are those of the page's import map.

declare module "highlight/core.min.js" {
  interface Highlighted {
    value: string
    language?: string
    relevance: number
  }
  const hljs: {
    registerLanguage(name: string, language: unknown): void
    getLanguage(name: string): unknown
    highlight(code: string, options: { language: string; ignoreIllegals?: boolean }): Highlighted
    listLanguages(): string[]
  }
  export default hljs
}

declare module "highlight/languages/*" {
  const language: unknown
  export default language
}
