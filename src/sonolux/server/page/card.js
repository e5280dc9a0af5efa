/**
 * Cards of hits: a picture, a sound with its waveform, a passage with the words marked; each says how sure it is.
 *
 * @import {Hit} from "./types.js"
 * @typedef {object} CardState
 * @property {number} index
 * @property {number} width Pixels.
 * @property {boolean} isLine A row of its own, instead of one card among several.
 * @property {boolean} isSelected
 * @property {boolean} isPlaying
 * @property {boolean} hasFocus
 * @property {string[]} stems Of the words that were asked.
 */
import { html, nothing, svg } from "./vendor/lit.js";
import { thumbnailUrl } from "./api.js";
import { icon } from "./icons.js";
import { excerptOf, markedPieces } from "./marks.js";
import { chanceInWords, clock, counted, dayOf, fileName, folderName, mediumName, placeInWords } from "./words.js";
import { peaksPath, secondsOf } from "./waveform.js";

/** @param {number} pixels On the screen. */
export function thumbnailWidth(pixels) {
  const needed = pixels * Math.min(devicePixelRatio || 1, 2);
  return [160, 320, 640].find((width) => width >= needed * 0.9) ?? 1280;
}

/** @param {Hit} hit */
export const nameOf = (hit) => hit.title || fileName(hit.path);

/** @param {Hit} hit */
const sureness = (hit) => (hit.chance === null || hit.chance === undefined ? "" : chanceInWords(hit.chance));

/** @param {Hit} hit */
const copiesOf = (hit) => (Array.isArray(hit.copies) ? hit.copies.length : (hit.copies ?? 0));

/** @param {Hit} hit What a screen reader says of it. */
export function spokenName(hit) {
  const chance = sureness(hit);
  const copies = copiesOf(hit);
  return [
    nameOf(hit), mediumName(hit.modality).toLowerCase(), placeInWords(hit), chance && `${chance} by chance`,
    copies ? counted(copies, "near-copy", "near-copies") : "", hit.text && hit.modality === "text" ? excerptOf(hit.text, [], 160) : "",
  ].filter(Boolean).join(", ");
}

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
  return html`<button class="play" tabindex="-1" data-act="play" aria-label=${state.isPlaying ? "Pause" : "Play"}>${icon(state.isPlaying ? "pause" : "play")}</button>
    <svg class="wave" viewBox="0 0 240 40" preserveAspectRatio="none" aria-hidden="true" data-wave=${hit.file}>
      ${to > from ? svg`<rect class="found" x=${240 * from} y="0" width=${Math.max(240 * (to - from), 2)} height="40"></rect>` : nothing}
      <path d=${peaksPath(hit.file)}></path>
    </svg>
    ${place ? html`<span class="badge time">${place}</span>` : nothing}`;
}

/** @param {Hit} hit @param {CardState} state */
function passageBody(hit, state) {
  const length = state.isLine ? 420 : Math.max(90, Math.round(state.width * 0.95));
  return html`<p class="passage" dir="auto">${marked(excerptOf(hit.text || hit.title || fileName(hit.path), state.stems, length), state.stems)}</p>`;
}

/** @param {Hit} hit @param {CardState} state */
function bodyOf(hit, state) {
  if (hit.modality === "audio") return soundBody(hit, state);
  return hit.modality === "text" ? passageBody(hit, state) : pictureBody(hit, state);
}

/** @param {Hit} hit @param {CardState} state */
function caption(hit, state) {
  const chance = sureness(hit);
  // Of a card too narrow for both, the more telling: its picture is its name.
  const name = chance && state.width < 150 ? nothing : html`<span class="name" dir="auto" title=${hit.path}><bdi>${nameOf(hit)}</bdi></span>`;
  return html`${name}${chance
    ? html`<span class="chance" title=${`${chance} items taken at random match as well${hit.space ? `; found most by ${hit.space}` : ""}`}>${chance}</span>`
    : nothing}`;
}

/** @param {boolean} isSelected */
const actions = (isSelected) => html`<span class="actions">
  <button tabindex="-1" data-act="like" aria-label="More like this" title="More like this (l)">${icon("more")}</button>
  <button tabindex="-1" data-act="unlike" aria-label="Less like this" title="Less like this (u)">${icon("less")}</button>
  <button tabindex="-1" data-act="select" aria-label="Select" aria-pressed=${isSelected} title="Select (x)">${icon("check")}</button>
</span>`;

/**
 * @param {Hit | undefined} hit
 * @param {CardState} state
 */
export function cardTemplate(hit, state) {
  const size = `width:${state.width}px`;
  if (!hit) return html`<div class="card waiting" role="gridcell" .style=${size} data-index=${state.index} tabindex=${state.hasFocus ? 0 : -1} aria-label="Loading"><span class="face"></span></div>`;
  const copies = copiesOf(hit);
  return html`<div
    class=${`card ${hit.modality} ${state.isLine ? "line" : "tile"} ${hit.confident ? "sure" : "doubtful"}`}
    role="gridcell" draggable="true" .style=${size} data-index=${state.index} data-id=${hit.id}
    tabindex=${state.hasFocus ? 0 : -1} aria-selected=${state.isSelected} aria-label=${spokenName(hit)}>
    <span class="face">${bodyOf(hit, state)}
      ${copies ? html`<span class="badge copies" title=${counted(copies, "near-copy is", "near-copies are") + " folded into this one"}>${icon("copies")}${copies + 1}</span>` : nothing}
      ${state.isLine ? nothing : actions(state.isSelected)}
    </span>
    <span class="caption">${caption(hit, state)}</span>
    ${state.isLine ? html`<span class="where" dir="auto"><bdi>${folderName(hit.path)}</bdi>${hit.date ? ` · ${dayOf(hit.date)}` : ""}</span>${actions(state.isSelected)}` : nothing}
  </div>`;
}
