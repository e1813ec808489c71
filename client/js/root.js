/** Address of the application, with a slash at its end. Fixed when the page opens: moving between conversations does not change it. */
export const root = new URL(
  globalThis.document?.querySelector('meta[name="root"]')?.getAttribute("content") ?? "./",
  globalThis.document?.baseURI ?? "http://localhost/",
)
