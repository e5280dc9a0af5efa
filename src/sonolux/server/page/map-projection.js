/**
 * Geometry of the map: what of the plane is on the screen, which points are near each other, which are in a lasso.
 *
 * Positions are pairs in a Float32Array, in the unit square; the screen is in pixels from its upper left.
 *
 * @typedef {{x: number, y: number, scale: number}} Camera Middle of the screen in the plane, and pixels a unit.
 */

/** @typedef {{x: number, y: number, size: number}} Frame Upper left and side of the unit square, in the service's plane. */

/**
 * @param {number[]} xs
 * @param {number[]} ys
 * @returns {Frame} The square around all points, whose middle is that of what is there.
 */
export function frameOf(xs, ys) {
  const [left, right] = [xs.reduce((a, b) => Math.min(a, b), Infinity), xs.reduce((a, b) => Math.max(a, b), -Infinity)];
  const [upper, lower] = [ys.reduce((a, b) => Math.min(a, b), Infinity), ys.reduce((a, b) => Math.max(a, b), -Infinity)];
  if (!xs.length) return { x: -1, y: -1, size: 2 };
  const size = Math.max(right - left, lower - upper) || 1;
  return { x: (left + right - size) / 2, y: (upper + lower - size) / 2, size };
}

/**
 * @param {number[]} xs
 * @param {number[]} ys
 * @param {Frame} frame
 * @returns {Float32Array} Points within the unit square, of the shape that they have.
 */
export function normalised(xs, ys, frame = frameOf(xs, ys)) {
  const positions = new Float32Array(2 * xs.length);
  xs.forEach((x, n) => positions.set([(x - frame.x) / frame.size, (ys[n] - frame.y) / frame.size], 2 * n));
  return positions;
}

/** Corners of an area that the service takes, and their digits. */
const MOST_CORNERS = 48;
const DIGITS = 4;

/**
 * An area as a filter writes it, "x,y x,y x,y", in the service's plane.
 * @param {number[][]} corners In the unit square.
 * @param {Frame} frame
 */
export function writeArea(corners, frame) {
  const bounded = (/** @type {number} */ value) => Math.max(-9, Math.min(9, value)).toFixed(DIGITS);
  return simplified(corners, MOST_CORNERS).map(([x, y]) => `${bounded(x * frame.size + frame.x)},${bounded(y * frame.size + frame.y)}`).join(" ");
}

/**
 * @param {string} area
 * @param {Frame} frame
 * @returns {number[][]} Corners in the unit square.
 */
export function readArea(area, frame) {
  return area.split(" ").map((corner) => corner.split(",").map(Number)).map(([x, y]) => [(x - frame.x) / frame.size, (y - frame.y) / frame.size]);
}

/**
 * Fewer corners of the same shape: again and again the one goes whose triangle with its neighbours is the least
 * (Visvalingam and Whyatt 1993).
 * @param {number[][]} corners
 * @param {number} most
 */
export function simplified(corners, most) {
  const kept = [...corners];
  const areaAt = (/** @type {number} */ n) => {
    const [[x0, y0], [x1, y1], [x2, y2]] = [kept.at(n - 1) ?? kept[n], kept[n], kept[(n + 1) % kept.length]];
    return Math.abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0));
  };
  while (kept.length > most) {
    let [least, at] = [Infinity, 0];
    for (let n = 0; n < kept.length; n++) if (areaAt(n) < least) [least, at] = [areaAt(n), n];
    kept.splice(at, 1);
  }
  return kept;
}

/**
 * Density peaks: cells of the screen that hold more points than all around them, most first.
 * @param {Float32Array} positions
 * @param {Camera} camera
 * @param {{width: number, height: number, cell: number, most: number}} screen
 * @returns {Array<{index: number, x: number, y: number}>} The point that is nearest to the middle of each, and where it is.
 */
export function densityPeaks(positions, camera, { width, height, cell, most }) {
  const [columns, rows] = [Math.ceil(width / cell), Math.ceil(height / cell)];
  const counts = new Uint32Array(columns * rows);
  /** @type {Map<number, {index: number, far: number, x: number, y: number}>} */
  const middles = new Map();
  for (let n = 0; n < positions.length / 2; n++) {
    const x = (positions[2 * n] - camera.x) * camera.scale + width / 2;
    const y = (positions[2 * n + 1] - camera.y) * camera.scale + height / 2;
    if (x < 0 || y < 0 || x >= width || y >= height) continue;
    const at = Math.floor(y / cell) * columns + Math.floor(x / cell);
    counts[at]++;
    const far = ((x % cell) - cell / 2) ** 2 + ((y % cell) - cell / 2) ** 2;
    const before = middles.get(at);
    if (!before || far < before.far) middles.set(at, { index: n, far, x, y });
  }
  const isPeak = (/** @type {number} */ at) => {
    const [column, row] = [at % columns, Math.floor(at / columns)];
    for (let down = -1; down <= 1; down++) {
      for (let right = -1; right <= 1; right++) {
        if (column + right < 0 || column + right >= columns || row + down < 0 || row + down >= rows) continue;
        const other = at + down * columns + right;
        // Of two alike the first is the peak.
        if (counts[other] > counts[at] || (counts[other] === counts[at] && other < at)) return false;
      }
    }
    return true;
  };
  return [...middles].filter(([at]) => isPeak(at)).sort(([a], [b]) => counts[b] - counts[a]).slice(0, most).map(([, { index, x, y }]) => ({ index, x, y }));
}

/**
 * Whether a point is within a polygon, by the crossings of a ray.
 * @param {number} x
 * @param {number} y
 * @param {number[][]} polygon
 */
export function isWithin(x, y, polygon) {
  let inside = false;
  for (let n = 0, last = polygon.length - 1; n < polygon.length; last = n++) {
    const [[x0, y0], [x1, y1]] = [polygon[n], polygon[last]];
    if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) inside = !inside;
  }
  return inside;
}
