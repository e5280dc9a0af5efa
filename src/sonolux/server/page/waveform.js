/** Waveforms from the service: peaks in [0, 1], fetched once an item, drawn as the path of an SVG of 240 by 40. */
import { api } from "./api.js";

const BARS = 80;
const WIDTH = 240;
const MIDDLE = 20;

/** @type {Map<string, string>} */
const paths = new Map();
/** @type {Set<string>} */
const wanted = new Set();
let running = 0;

/** @param {number[]} peaks @param {number} width */
export function drawnPeaks(peaks, width = WIDTH) {
  const step = width / peaks.length;
  return peaks.map((peak, n) => {
    const half = Math.max(0.7, peak * (MIDDLE - 1));
    return `M${(n * step + step / 2).toFixed(1)} ${(MIDDLE - half).toFixed(1)}v${(2 * half).toFixed(1)}`;
  }).join("");
}

/** Lengths of sounds, as they came with the peaks. @type {Map<string, number>} */
const seconds = new Map();

/** @param {string} id @returns {number} 0 where it is not known yet. */
export const secondsOf = (id) => seconds.get(id) ?? 0;

/**
 * The path of an item's waveform, empty until it is there; `loadWaveforms` fetches it.
 * @param {string} id
 */
export const peaksPath = (id) => paths.get(id) ?? "";

/**
 * Fetch the waveforms of what is on the screen, few at a time, and draw each when it comes.
 * @param {HTMLElement} within
 */
export function loadWaveforms(within) {
  wanted.clear();
  for (const drawing of within.querySelectorAll("[data-wave]")) {
    const id = drawing.getAttribute("data-wave") ?? "";
    if (!paths.has(id)) wanted.add(id);
  }
  while (running < 4 && wanted.size) fetchNext(within);
}

/** @param {HTMLElement} within */
async function fetchNext(within) {
  const id = /** @type {string} */ (wanted.values().next().value);
  wanted.delete(id);
  running++;
  // A sound without a waveform, silence, is a line: its problem says no more than that.
  const answer = await api.waveform(id, BARS).catch(() => null);
  running--;
  const peaks = answer?.peaks ?? [];
  if (answer) seconds.set(id, answer.seconds);
  paths.set(id, peaks.length ? drawnPeaks(peaks) : `M0 ${MIDDLE}h${WIDTH}`);
  if (paths.size > 3000) paths.delete(/** @type {string} */ (paths.keys().next().value));
  for (const drawing of within.querySelectorAll(`[data-wave="${CSS.escape(id)}"] > path`)) drawing.setAttribute("d", peaksPath(id));
  // Where in it something was found can be drawn now, too.
  within.dispatchEvent(new CustomEvent("waveform"));
  if (wanted.size) fetchNext(within);
}
