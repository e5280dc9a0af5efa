/** Wording: how likely chance is, where in a file, how large: the same words as the command line has. */

const numbers = new Intl.NumberFormat("en");

/** @param {number} value */
export const count = (value) => numbers.format(value);

/**
 * @param {number} value
 * @param {string} one
 * @param {string} [several]
 */
export const counted = (value, one, several = `${one}s`) => `${count(value)} ${value === 1 ? one : several}`;

/**
 * How many items taken at random score as high.
 * @param {number} chance
 */
export function chanceInWords(chance) {
  if (chance > 0.95) return "any item";
  if (chance > 0.1) return `${Math.round(10 * chance)} in 10`;
  if (chance < 1e-6) return "< 1 in a million";
  return `1 in ${count(Number((1 / chance).toPrecision(2)))}`;
}

/**
 * A time as m:ss, or h:mm:ss from an hour on.
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds + 1e-6));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const told = `${minutes}:${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${told.padStart(5, "0")}` : told;
}

/**
 * Where in its file a hit is; nothing for a whole file.
 * @param {{start: number | null, end: number | null, unit: string | null}} place
 */
export function placeInWords({ start, end, unit }) {
  if (start === null || end === null) return "";
  if (unit === "pages") return `page ${Math.floor(start) + 1}`;
  if (unit === "characters") return "";
  return `${clock(start)}–${clock(Math.ceil(end - 1e-6))}`;
}

/** @param {string} path */
export const fileName = (path) => path.slice(path.lastIndexOf("/") + 1);

/** @param {string} path */
export const folderName = (path) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** @param {number} bytes */
export function sizeInWords(bytes) {
  const step = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)));
  const value = bytes / 1000 ** step;
  return `${step && value < 10 ? value.toFixed(1) : Math.round(value)} ${["bytes", "kB", "MB", "GB", "TB"][step]}`;
}

/** @type {Record<string, string>} */
const MODALITIES = { image: "Pictures", video: "Video", audio: "Sound", text: "Text" };

/** @type {Record<string, string>} */
const KINDS = { image: "Picture", video: "Video", audio: "Sound", text: "Text" };

/** @param {string} modality Of one item. */
export const mediumName = (modality) => KINDS[modality] ?? modality;

/** @param {string} modality */
export const modalityName = (modality) => MODALITIES[modality] ?? modality;

/** @param {string} key A name of the interface, "read_only". */
export function title(key) {
  const words = key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {string} key Of a facet. */
export const facetName = (key) => title(key === "modality" ? "medium" : key);

/** @param {string} key Of a facet. @param {string} value */
export const facetValue = (key, value) => (key === "modality" ? modalityName(value) : key === "map" ? "an area of it" : value);

/**
 * A value of unknown kind, as people read it.
 * @param {unknown} value
 * @returns {string}
 */
export function valueInWords(value) {
  if (Array.isArray(value)) return value.map(valueInWords).join(", ");
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * A day, from the beginning of a date as the library keeps it.
 * @param {string} date
 */
export const dayOf = (date) => date.slice(0, 10);

/**
 * Why a hit was found, but for how likely chance is.
 * @param {import("./types.js").Why} why
 */
export function reasonInWords({ space, words, label }) {
  const said = [words?.length ? `holds ${words.join(", ")}` : "", label ? `said to be “${label}”` : ""].filter(Boolean);
  return said.length ? `${space}: ${said.join(", ")}` : space;
}
