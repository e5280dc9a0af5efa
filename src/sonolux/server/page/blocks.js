/**
 * Virtual layout of a ranking: blocks of hits with heights that are estimated until their hits are there.
 *
 * Prefix sums of the heights are kept in a Fenwick tree (Fenwick 1994), so that the place of any of a million hits, and the
 * hit at any place, are found in some twenty steps. Pixels, from the top of the list.
 *
 * @import {Row} from "./justified.js"
 * @typedef {Row & {divider?: boolean}} LaidRow
 * @typedef {{rows: LaidRow[], height: number}} Layout
 */

export class Heights {
  /** @param {number} count @param {(block: number) => number} height */
  constructor(count, height) {
    this.values = Float64Array.from({ length: count }, (_, block) => height(block));
    this.tree = new Float64Array(count + 1);
    for (let node = 1; node <= count; node++) {
      this.tree[node] += this.values[node - 1];
      const parent = node + (node & -node);
      if (parent <= count) this.tree[parent] += this.tree[node];
    }
  }

  get total() {
    return this.before(this.values.length);
  }

  /** @param {number} block @param {number} height */
  set(block, height) {
    const change = height - this.values[block];
    if (!change) return;
    this.values[block] = height;
    for (let node = block + 1; node < this.tree.length; node += node & -node) this.tree[node] += change;
  }

  /** @param {number} block @returns {number} Where it begins. */
  before(block) {
    let sum = 0;
    for (let node = block; node > 0; node -= node & -node) sum += this.tree[node];
    return sum;
  }

  /** @param {number} place @returns {number} The block there. */
  at(place) {
    let [node, rest] = [0, place];
    for (let step = 2 ** Math.floor(Math.log2(Math.max(1, this.tree.length - 1))); step; step >>= 1) {
      if (node + step < this.tree.length && this.tree[node + step] <= rest) rest -= this.tree[(node += step)];
    }
    return Math.max(0, Math.min(node, this.values.length - 1));
  }
}
