/**
 * Cards of hits: a picture, a sound with its waveform, a passage with the words marked; each says how sure it is.
 *
 * @import {Hit} from "./types.js"
 * @typedef {object} CardState
 * @property {number} index
 * @property {number} width Pixels.
 * @property {number} height Pixels, of its row.
 * @property {boolean} isLine A row of its own, instead of one card among several.
 * @property {boolean} isSelected
 * @property {boolean} isPlaying
 * @property {boolean} hasFocus
 * @property {boolean} hasPointer
 * @property {string[]} stems Of the words that were asked.
 * @property {{because: string, opinion: string}} [beside] Of what is recommended: why, and what was said of it.
 */
import { html, nothing, svg } from "./vendor/lit.js";
import { thumbnailUrl } from "./api.js";
import { icon } from "./icons.js";
import { excerptOf, holdsMarked, markedPieces } from "./marks.js";
import { chanceInWords, clock, counted, dayOf, fileName, folderName, mediumName, placeInWords } from "./words.js";
import { peaksPath, secondsOf } from "./waveform.js";

/** @param {number} pixels On the screen. */
export function thumbnailWidth(pixels) {
  const needed = pixels * Math.min(devicePixelRatio || 1, 2);
  return [160, 320, 640].find((width) => width >= needed * 0.9) ?? 1280;
}

/** @param {Hit} hit */
export const nameOf = (hit) => hit.title || fileName(hit.path);

/** Chances above this are no reason to be sure: what is sure all the same holds the words that were asked. */
const TELLING = 0.01;

/** @param {Hit} hit @param {string[]} stems @returns {string} How sure it is, in words. */
export function surenessInWords(hit, stems) {
  if (hit.chance === null || hit.chance === undefined) return "";
  const isByWords = hit.confident && hit.chance > TELLING && (holdsMarked(hit.text, stems) || holdsMarked(hit.title, stems));
  return isByWords ? HOLDS_WORDS : chanceInWords(hit.chance);
}

const HOLDS_WORDS = "has the words";

/** @param {Hit} hit */
const copiesOf = (hit) => hit.copies ?? 0;

/** @param {string} text @param {string[]} stems */
export const marked = (text, stems) => markedPieces(text, stems).map((piece) => (piece.marked ? html`<mark>${piece.text}</mark>` : piece.text));

/** @param {Hit} hit @param {CardState} state */
function pictureBody(hit, state) {
  const place = hit.modality === "video" ? placeInWords(hit) || (hit.duration ? clock(hit.duration) : "") : "";
  return html`<img class="thumb" alt="" decoding="async" draggable="false" src=${thumbnailUrl(hit.id, thumbnailWidth(state.width))} data-id=${hit.id} />
    ${place ? html`<span class="badge time">${icon("play")}${place}</span>` : nothing}`;
}

/** @param {Hit} hit @param {CardState} state */
function soundBody(hit, state) {
  const place = placeInWords(hit) || (hit.duration ? clock(hit.duration) : "");
  const duration = hit.duration ?? secondsOf(hit.file);
  const [from, to] = duration && hit.start !== null && hit.end !== null ? [hit.start / duration, hit.end / duration] : [0, 0];
  return html`<button class="play" tabindex="-1" data-act="play" aria-hidden="true" data-plays=${state.isPlaying}>${icon(state.isPlaying ? "pause" : "play")}</button>
    <svg class="wave" viewBox="0 0 240 40" preserveAspectRatio="none" aria-hidden="true" data-wave=${hit.file}>
      ${to > from ? svg`<rect class="found" x=${240 * from} y="0" width=${Math.max(240 * (to - from), 2)} height="40"></rect>` : nothing}
      <path d=${peaksPath(hit.file)}></path>
    </svg>
    ${place ? html`<span class="badge time">${place}</span>` : nothing}`;
}

/** Pixels of a passage's line and its average letter, and of what is beside the words on a card: caption, padding. */
const [LINE, LETTER, BESIDE] = [20, 6.1, { width: 28, height: 50 }];

/** @param {string} path @returns {string} The kind of its file, by its name. */
const ending = (path) => /\.(\w{1,6})$/u.exec(path)?.[1].toUpperCase() ?? "";

/** @param {Hit} hit @param {CardState} state */
function passageBody(hit, state) {
  if (!hit.text && !state.isLine) return html`<span class="no-words" aria-hidden="true">${ending(hit.path)}</span>`;
  const lines = state.isLine ? 3 : Math.max(2, Math.floor((state.height - BESIDE.height) / LINE));
  const length = state.isLine ? 420 : Math.round((lines * (state.width - BESIDE.width)) / LETTER);
  const words = excerptOf(hit.text || hit.title || fileName(hit.path), state.stems, length);
  return html`<p class="passage" dir="auto" .style=${state.isLine ? "" : `-webkit-line-clamp:${lines}`}>${marked(words, state.stems)}</p>`;
}

/** @param {Hit} hit @param {CardState} state */
function bodyOf(hit, state) {
  if (hit.modality === "audio") return soundBody(hit, state);
  return hit.modality === "text" ? passageBody(hit, state) : pictureBody(hit, state);
}

/** @param {Hit} hit @param {CardState} state */
function caption(hit, state) {
  const chance = surenessInWords(hit, state.stems);
  const isOdds = chance !== HOLDS_WORDS;
  // Of a card too narrow for both, the more telling: its picture is its name.
  const isNarrow = chance && state.width < 150;
  return html`<span class=${isNarrow ? "unseen" : "name"} dir="auto" title=${hit.path}><bdi>${nameOf(hit)}</bdi></span><span class="unseen">${mediumName(hit.modality)}</span>${chance
    ? html`<span class="chance" title=${isOdds ? `${chance} items taken at random match as well${hit.space ? `; found most by ${hit.space}` : ""}` : "The words that were asked are in it"}>${chance}${isOdds ? html`<span class="unseen"> by chance</span>` : nothing}</span>`
    : nothing}`;
}

/**
 * Buttons for the pointer: keys do the same, so that they are no stops of their own.
 * @param {boolean} isSelected
 */
const actions = (isSelected) => html`<span class="actions" aria-hidden="true">
  <button tabindex="-1" data-act="like" title="More like this (l)">${icon("more")}</button>
  <button tabindex="-1" data-act="unlike" title="Less like this (u)">${icon("less")}</button>
  <button tabindex="-1" data-act="select" class=${isSelected ? "chosen" : ""} title="Select (x)">${icon("check")}</button>
</span>`;

/** @type {Array<{act: string, name: string, key: string, icon: import("./icons.js").IconName}>} */
const OPINIONS = [
  { act: "like", name: "Like", key: "l", icon: "more" },
  { act: "unlike", name: "Not for me", key: "u", icon: "less" },
  { act: "know", name: "I know it", key: "k", icon: "check" },
];

/**
 * What can be said of what is recommended: in sight, also where nothing hovers. The keys of the card do the same.
 * @param {Hit} hit
 * @param {string} opinion
 */
const opinionButtons = (hit, opinion) => html`<span class="opinions">${OPINIONS.map(({ act, name, key, icon: drawn }) => html`<button tabindex="-1" data-act=${act}
  title=${`${name} (${key})`} aria-label=${`${name}: ${nameOf(hit)}`} aria-pressed=${opinion === act}>${icon(drawn)}</button>`)}</span>`;

/** @param {Hit} hit @param {CardState} state @param {{because: string, opinion: string}} beside */
function recommendedContents(hit, state, { because, opinion }) {
  return html`<span class="caption">${caption(hit, state)}</span><span class="face">${bodyOf(hit, state)}</span>
    ${because ? html`<span class="because" dir="auto" title=${because}>${because}</span>` : nothing}${opinionButtons(hit, opinion)}`;
}

/** @param {Hit} hit @param {CardState} state */
function contents(hit, state) {
  if (state.beside) return recommendedContents(hit, state, state.beside);
  const copies = copiesOf(hit);
  const acts = state.isLine || state.hasPointer || state.hasFocus || state.isSelected ? actions(state.isSelected) : nothing;
  return html`<span class="caption">${caption(hit, state)}</span>
    <span class="face">${bodyOf(hit, state)}
      ${copies ? html`<span class="badge copies" title=${`${counted(copies, "near-copy is", "near-copies are")} folded into this one`}>${icon("copies")}${copies + 1}<span class="unseen"> copies</span></span>` : nothing}
      ${state.isLine ? nothing : acts}
    </span>
    ${state.isLine ? html`<span class="where" dir="auto"><bdi>${folderName(hit.path)}</bdi>${hit.date ? ` · ${dayOf(hit.date)}` : ""}</span>${acts}` : nothing}`;
}

/** @param {boolean} hasSure What the line says that parts the sure hits from the rest. */
export const dividerWords = (hasSure) => (hasSure ? "What follows may be chance" : "Nothing found that chance does not explain. What follows is doubtful.");

const WAITING = html`<span class="unseen">Loading</span><span class="face"></span>`;

/**
 * A card, which stays the same element, and keeps the focus, when its hit comes.
 * @param {Hit | undefined} hit
 * @param {CardState} state
 */
export const cardTemplate = (hit, state) => html`<div
  class=${`card ${hit ? hit.modality : "waiting"} ${state.isLine ? "line" : "tile"} ${hit && !hit.confident ? "doubtful" : "sure"} ${state.beside ? `recommended ${state.beside.opinion}` : ""}`}
  role="gridcell" draggable="true" .style=${`width:${state.width}px`} data-index=${state.index} data-id=${hit ? hit.id : nothing}
  tabindex=${state.hasFocus ? 0 : -1} aria-selected=${state.isSelected}>${hit ? contents(hit, state) : WAITING}</div>`;
