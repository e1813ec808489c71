/** The menu of a conversation in the list: everything that can be done with it but opening it. */
import { html, useEffect } from "../view.js"
import { t } from "../i18n.js"
import { usePage } from "../page.js"
import { FolderField, PickLine, TagField } from "./conversation-link.js"
import { Menu } from "./menu.js"

/** @import { Conversation } from "../conversations.js" */
/**
 * What the line of the list does itself: it turns into a field, or leaves and hands the focus on.
 * @typedef {{ rename: () => void, file: () => void, tag: () => void, remove: () => void, goAway: (leave: () => Promise<unknown>) => void }} Wishes
 */

/** @param {{ label: string, conversation: Conversation, wishes: Wishes, onClose: (how: { focusBack: boolean }) => void }} props */
export function ConversationMenu({ label, conversation, wishes, onClose }) {
  const { store: { dialog }, actions: { selecting, shelving } } = usePage()
  const shelve = (/** @type {(how: typeof import("../shelving.js")) => Promise<unknown>} */ deed) => shelving().then(deed)
  const { archived_at: archived, pinned } = conversation
  useEffect(() => void Promise.all([FolderField.warm(), TagField.warm()]), []) // a field that comes late misses the first letters
  const items = [
    { icon: "pencil", label: t("sidebar.rename"), keys: "F2", run: wishes.rename },
    { icon: "again", label: t("titles.ask"), run: () => void shelve(({ nameByModel }) => nameByModel(conversation)) },
    { icon: "pin", label: t(pinned ? "shelf.unpin" : "shelf.pin"), run: () => void shelve(({ pin }) => pin(conversation, !pinned)) },
    { icon: "folder", label: t("shelf.put"), run: wishes.file },
    { icon: "tag", label: t("tags.edit"), run: wishes.tag },
    {
      icon: "archive", label: t(archived ? "shelf.from_archive" : "shelf.to_archive"),
      run: () => wishes.goAway(() => shelve(({ archive }) => archive(conversation, !archived))),
    },
    { icon: "check", label: t("many.begin"), run: () => void PickLine.warm().then(selecting).then(({ begin }) => begin(conversation.id)) },
    { icon: "share", label: t("share.title"), run: () => { dialog.value = `share ${conversation.id}` } },
    { icon: "trash", label: t("sidebar.delete"), keys: "Del", run: wishes.remove, danger: true },
  ]
  return html`<${Menu} label=${label} items=${items} onClose=${onClose} />`
}
