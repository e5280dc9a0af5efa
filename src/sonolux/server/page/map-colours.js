/** Colours of the map: those values of a key that most files have, a colour each; all others are grey, and paler where a file has none. */
import { facetValue } from "./words.js";

/** Told apart by people who do not tell red from green (Okabe and Ito 2008). */
const PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a7a00"];
/** @type {Record<string, string>} A medium has the same colour on every map. */
const MEDIA = { image: PALETTE[0], video: PALETTE[1], audio: PALETTE[2], text: PALETTE[3] };

export const GREY = "#8b9297";
/** Of files that have no value. */
const PALE = "#c2c6c9";

/** What a map may be coloured by, as the service names it, and as people do. */
export const COLOURINGS = /** @type {const} */ ([["modality", "medium"], ["label", "label"], ["folder", "folder"], ["date", "year"], ["keywords", "keyword"], ["artist", "artist"], ["genre", "genre"], ["place", "place"], ["camera", "camera"]]);

/** @typedef {{name: string, colour: string, count: number}} Group Files of one colour. */

/**
 * @param {string} key
 * @param {Array<string | number | null>} values Of each file; null for none.
 * @returns {{groups: Group[], groupOf: Uint8Array, nameOf: (value: string | number) => string}} Groups, the largest first, grey ones last; that of each file; and what people call a value.
 */
export function coloured(key, values) {
  /** @type {Map<string | number, number>} */
  const counts = new Map();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  const ordered = [...counts].sort(([a, many], [b, more]) => more - many || String(a).localeCompare(String(b)));
  const nameOf = key === "folder" ? foldersNamed(ordered.map(([value]) => String(value))) : (/** @type {string | number} */ value) => facetValue(key, String(value));
  const shown = ordered.slice(0, PALETTE.length);
  const groups = shown.map(([value, count], n) => ({ name: nameOf(value), colour: (key === "modality" && MEDIA[value]) || PALETTE[n], count }));
  const others = ordered.slice(PALETTE.length);
  const numbers = new Map(shown.map(([value], n) => [value, n]));
  const [other, none] = [groups.length, groups.length + (others.length ? 1 : 0)];
  if (others.length) groups.push({ name: `${others.length} others`, colour: GREY, count: others.reduce((sum, [, count]) => sum + count, 0) });
  const missing = values.length - ordered.reduce((sum, [, count]) => sum + count, 0);
  if (missing) groups.push({ name: "none", colour: PALE, count: missing });
  return { groups, nameOf, groupOf: Uint8Array.from(values, (value) => (value === null ? none : (numbers.get(value) ?? other))) };
}

/**
 * Folders as people tell them apart: without those above all of them, which would fill a legend.
 * @param {string[]} folders
 * @returns {(folder: string | number) => string}
 */
function foldersNamed(folders) {
  const paths = folders.map((folder) => folder.split("/"));
  const most = Math.min(...paths.map((path) => path.length)) - 1;
  let above = 0;
  while (above < most && paths.every((path) => path[above] === paths[0][above])) above++;
  return (folder) => String(folder).split("/").slice(above).join("/") || "/";
}
