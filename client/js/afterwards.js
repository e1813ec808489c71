/** What can wait until the page has been shown and used for a moment. */
import { install } from "./installing.js"

void install()
