/**
 * Keys of the page, in one table: what each does, where, and how the help says it.
 *
 * None is taken that the browser has a use for: no key with Ctrl or Alt but Ctrl+K, none while somebody writes.
 *
 * @typedef {object} Key
 * @property {string} key As events name it.
 * @property {string} shown
 * @property {string} does
 * @property {"everywhere" | "results" | "for-you" | "item"} where
 */

/** @type {Key[]} */
export const KEYS = [
  { key: "/", shown: "/ or Ctrl K", does: "to the search box", where: "everywhere" },
  { key: "ArrowDown", shown: "↓ in the box", does: "from the box to the results", where: "everywhere" },
  { key: "z", shown: "z", does: "undo the last like or dislike", where: "everywhere" },
  { key: "y", shown: "y", does: "to what is for you", where: "everywhere" },
  { key: "n", shown: "n", does: "skip what the station plays", where: "everywhere" },
  { key: "?", shown: "?", does: "show these keys", where: "everywhere" },
  { key: "Arrows", shown: "← → ↑ ↓", does: "move among the results; with Shift, select along", where: "results" },
  { key: "Home", shown: "Home, End", does: "to the first or last result", where: "results" },
  { key: "Enter", shown: "Enter", does: "open", where: "results" },
  { key: " ", shown: "Space", does: "play a sound or film, or stop it", where: "results" },
  { key: "l", shown: "l", does: "more like this, or like all that are selected", where: "results" },
  { key: "u", shown: "u", does: "less like this (unlike)", where: "results" },
  { key: "x", shown: "x", does: "select", where: "results" },
  { key: "g", shown: "g", does: "go to a result by its number", where: "results" },
  { key: "f", shown: "f", does: "to the filters", where: "results" },
  { key: "l in For you", shown: "l, u, k", does: "like; not for me; I know it", where: "for-you" },
  { key: "Space on the item's page", shown: "Space", does: "play or pause", where: "item" },
  { key: "Escape", shown: "Esc", does: "back to the results, or leave what is selected", where: "item" },
];

/** @param {EventTarget | null} target */
export const isWriting = (target) => target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=file], [type=range])"));

/**
 * @typedef {object} Actions What the page does for keys.
 * @property {() => void} focusBox
 * @property {() => void} focusResults
 * @property {() => void} focusFilters
 * @property {() => void} goTo
 * @property {() => void} help
 * @property {() => void} undo
 * @property {() => boolean} escape Whether there was something to leave.
 * @property {(act: string) => void} act With the result that has the focus.
 * @property {(key: string, extends_: boolean) => void} move
 * @property {() => void} forYou
 * @property {() => void} skip What the station plays.
 * @property {() => void} playItem
 * @property {() => import("./address.js").Place["show"]} view
 */

/**
 * @param {KeyboardEvent} event
 * @param {Actions} actions
 */
export function handleKey(event, actions) {
  if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") return take(event, actions.focusBox);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (isWriting(event.target)) return inBox(event, actions);
  if (event.key === "Escape") return actions.escape() ? event.preventDefault() : undefined;
  const everywhere = { "/": actions.focusBox, "?": actions.help, z: actions.undo, y: actions.forYou, n: actions.skip }[event.key];
  if (everywhere) return take(event, everywhere);
  const card = event.target instanceof Element ? event.target.closest(".card") : null;
  if (actions.view() === "for-you" && card && event.key === "k") return take(event, () => actions.act("know"));
  if (actions.view() === "results" || actions.view() === "for-you") return card ? inResults(event, actions) : besideResults(event, actions);
  const isFree = event.target === document.body || (event.target instanceof Element && event.target.matches("h1, article, main"));
  if (actions.view() === "item" && event.key === " " && isFree) take(event, actions.playItem);
}

/** @param {KeyboardEvent} event @param {Actions} actions */
function inBox(event, actions) {
  const isBox = event.target instanceof HTMLInputElement && event.target.type === "search";
  if (isBox && event.key === "ArrowDown") take(event, actions.focusResults);
}

/** @param {KeyboardEvent} event @param {Actions} actions */
function besideResults(event, actions) {
  const does = { f: actions.focusFilters, g: actions.goTo }[event.key];
  if (does) take(event, does);
}

/** @param {KeyboardEvent} event @param {Actions} actions */
function inResults(event, actions) {
  if (["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return take(event, () => actions.move(event.key, event.shiftKey));
  // A button within the card has its own use for these two.
  const isCard = event.target instanceof Element && event.target.matches(".card");
  const act = { Enter: isCard && "open", " ": isCard && "play", l: "like", u: "unlike", x: "select", X: "select" }[event.key];
  if (act) return take(event, () => actions.act(act));
  besideResults(event, actions);
}

/** @param {KeyboardEvent} event @param {() => void} does */
function take(event, does) {
  event.preventDefault();
  does();
}
