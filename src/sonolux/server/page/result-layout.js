/**
 * Layout of results: which hit is where, for the width there is and the view that is asked.
 *
 * @import {Hit, Question} from "./types.js"
 * @import {Layout, LaidRow} from "./blocks.js"
 * @import {Ranking} from "./ranking.js"
 */
import { Heights } from "./blocks.js";
import { justifiedRows } from "./justified.js";
import { BLOCK } from "./ranking.js";
import { Recommended } from "./recommended.js";

const GAP = 10;
const CAPTION = 26;

/** Below what is recommended, and its caption: why, and what can be said of it, which needs some width. */
const BESIDE = { said: 38, because: 20, line: 30, least: 0.95, height: 150 };
const DIVIDER = 64;

/** Of one screen, however small its cards are. */
const MOST_CARDS = 360;
const ASPECTS = { image: 1.4, video: 16 / 9, audio: 2.1, text: 1.5 };

/** @param {number} width Of the screen's column. */
const rowHeight = (width) => (width < 500 ? 128 : width < 1100 ? 164 : width < 2200 ? 184 : 220);

/** Aspects of pictures, as their thumbnails have shown them. @type {Map<string, number>} */
export const seenAspects = new Map();

/** @param {Hit | undefined} hit */
export function aspectOf(hit) {
  if (!hit) return ASPECTS.image;
  const known = hit.width && hit.height ? hit.width / hit.height : seenAspects.get(hit.id);
  const aspect = hit.modality === "image" || hit.modality === "video" ? (known ?? ASPECTS[hit.modality]) : ASPECTS[hit.modality];
  return Math.max(0.6, Math.min(aspect, 2.8));
}

/** @param {Question} question @returns {Question["view"]} How its hits are shown: those of one modality as that. */
function viewOf({ view, where }) {
  const [only, ...others] = where.modality ?? [];
  return view === "mixed" && only && !others.length ? /** @type {Question["view"]} */ (only) : view;
}

export class ResultLayout {
  /** @param {Ranking} ranking @param {number} width */
  constructor(ranking, width) {
    const view = viewOf(ranking.question);
    this.ranking = ranking;
    this.width = width;
    this.isBeside = ranking instanceof Recommended;
    /** Pixels below the caption of a card that is no line. */
    this.below = ranking instanceof Recommended ? BESIDE.said + (ranking.examples.size ? BESIDE.because : 0) : 0;
    this.lineHeight = view === "audio" ? (width < 500 ? 92 : 76) : view === "text" ? (width < 500 ? 168 : 112) : 0;
    if (this.lineHeight && this.isBeside && width < 860) this.lineHeight += BESIDE.line;
    /** @type {Map<number, Layout>} */
    this.layouts = new Map();
    const blocks = Math.ceil(ranking.total / BLOCK);
    const whole = ranking.total > BLOCK ? this.#laid(0, BLOCK, undefined).height : 0;
    const known = new Set([...ranking.windows.keys(), Math.floor(ranking.sure / BLOCK), blocks - 1]);
    this.heights = new Heights(blocks, (block) => (known.has(block) ? this.layout(block).height : whole));
  }

  /** @param {number} block @returns {Layout} */
  layout(block) {
    const made = this.layouts.get(block);
    if (made) return made;
    const first = block * BLOCK;
    const layout = this.#laid(first, Math.min(this.ranking.total, first + BLOCK), this.ranking.windows.get(block));
    this.layouts.set(block, layout);
    return layout;
  }

  /**
   * The hits of a block have come, or changed their shapes.
   * @param {number} block
   */
  renew(block) {
    this.layouts.delete(block);
    this.heights.set(block, this.layout(block).height);
  }

  /** @param {number} index @returns {{row: LaidRow, top: number}} The row of a hit, and where it is in the list. */
  rowOf(index) {
    const block = Math.floor(index / BLOCK);
    const row = this.layout(block).rows.find((one) => !one.divider && index < one.first + one.widths.length) ?? this.layout(block).rows[0];
    return { row, top: this.heights.before(block) + row.top };
  }

  /** @param {number} place @returns {number} The first hit at or below a place. */
  indexAt(place) {
    const block = this.heights.at(place);
    const within = place - this.heights.before(block);
    const row = this.layout(block).rows.find((one) => !one.divider && one.top + one.height > within);
    return row ? row.first : Math.min(this.ranking.total - 1, (block + 1) * BLOCK);
  }

  /** @param {number} from @param {number} to @returns {[number, number]} The first and the last block between two places. */
  blocksBetween(from, to) {
    return [this.heights.at(Math.max(0, from)), this.heights.at(to)];
  }

  /**
   * Rows between two places, by block, and the row that holds the focus wherever it is.
   * @param {number} from
   * @param {number} to
   * @param {number} focus The hit that has it; -1 for none.
   * @returns {Array<{block: number, top: number, rows: LaidRow[]}>}
   */
  rowsBetween(from, to, focus) {
    const [first, last] = this.blocksBetween(from, to);
    const focused = Math.floor(focus / BLOCK);
    const blocks = Array.from({ length: last - first + 1 }, (_, n) => first + n);
    if (focused >= 0 && focused < first) blocks.unshift(focused);
    if (focused > last) blocks.push(focused);
    let cards = 0;
    return blocks.map((block) => {
      const top = this.heights.before(block);
      const rows = this.layout(block).rows.filter((row) => {
        const holdsFocus = focus >= row.first && focus < row.first + row.widths.length;
        const isNear = top + row.top + row.height >= from && top + row.top <= to && cards + row.widths.length <= MOST_CARDS;
        if (isNear || holdsFocus) cards += row.widths.length;
        return isNear || holdsFocus;
      });
      return { block, top, rows };
    });
  }

  /**
   * The hit above or below another: the one whose middle is nearest.
   * @param {number} index
   * @param {1 | -1} step
   */
  beside(index, step) {
    const { row } = this.rowOf(index);
    const next = step > 0 ? row.first + row.widths.length : row.first - 1;
    if (next < 0 || next >= this.ranking.total) return index;
    const [middle, other] = [this.#middle(row, index), this.rowOf(next).row];
    const candidates = other.widths.map((_, number) => other.first + number);
    return candidates.reduce((best, one) => (Math.abs(this.#middle(other, one) - middle) < Math.abs(this.#middle(other, best) - middle) ? one : best));
  }

  /** @param {LaidRow} row @param {number} index */
  #middle(row, index) {
    const number = index - row.first;
    return row.widths.slice(0, number).reduce((sum, width) => sum + width + GAP, 0) + row.widths[number] / 2;
  }

  /** @param {number} first @param {number} end @param {Hit[] | undefined} hits @returns {Layout} */
  #laid(first, end, hits) {
    const { sure, total } = this.ranking;
    const parts = sure >= first && sure < end && sure < total ? [[first, sure], [sure, end]] : [[first, end]];
    /** @type {LaidRow[]} */
    const rows = [];
    let top = 0;
    for (const [from, to] of parts) {
      if (to === from) continue;
      if (from === sure && sure < total) {
        rows.push({ first: from, widths: [], top, height: DIVIDER - GAP, divider: true });
        top += DIVIDER;
      }
      const section = this.#section(from, to, top, hits?.slice(from - first, to - first));
      rows.push(...section.rows);
      top = section.bottom;
    }
    return { rows, height: top };
  }

  /** @param {number} from @param {number} to @param {number} top @param {Hit[] | undefined} hits */
  #section(from, to, top, hits) {
    const indices = Array.from({ length: to - from }, (_, number) => number);
    if (this.lineHeight) {
      const rows = indices.map((n) => ({ first: from + n, widths: [this.width], top: top + n * (this.lineHeight + 1), height: this.lineHeight }));
      return { rows, bottom: top + (to - from) * (this.lineHeight + 1) };
    }
    const height = this.isBeside ? Math.max(rowHeight(this.width), BESIDE.height) : rowHeight(this.width);
    const room = { width: this.width, height, gap: GAP, caption: CAPTION + this.below };
    const isLast = to === this.ranking.total || to === this.ranking.sure;
    const least = this.isBeside ? BESIDE.least : 0;
    return justifiedRows(indices.map((n) => Math.max(aspectOf(hits?.[n]), least)), room, { first: from, top, isLast });
  }
}
