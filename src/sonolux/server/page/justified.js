/**
 * Layout of justified rows: boxes of given aspects in rows that fill the width, all of about one height.
 *
 * Pixels throughout. A section of boxes is broken into as many rows as come nearest to the height wanted, each with about
 * the same sum of aspects, so that no row at the end of a section is left over; the last of a ranking may stay short.
 *
 * @typedef {{first: number, widths: number[], top: number, height: number}} Row Boxes from `first` on, in order.
 */

/**
 * @param {number[]} aspects Width by height, of each box.
 * @param {{width: number, height: number, gap: number, caption: number}} room Of the rows: width, height wanted, gap, caption below.
 * @param {{first: number, top: number, isLast: boolean}} section
 * @returns {{rows: Row[], bottom: number}}
 */
export function justifiedRows(aspects, room, { first, top, isLast }) {
  const sum = aspects.reduce((total, aspect) => total + aspect, 0);
  const exact = (sum * room.height) / room.width;
  const count = Math.max(1, Math.min(aspects.length, isLast ? Math.ceil(exact - 0.25) : Math.round(exact)));
  const share = isLast && exact < count ? room.width / room.height : sum / count;
  /** @type {number[][]} */
  const groups = Array.from({ length: count }, () => []);
  let before = 0;
  for (const aspect of aspects) {
    groups[Math.min(count - 1, Math.floor((before + aspect / 2) / share))].push(aspect);
    before += aspect;
  }
  const rows = [];
  let index = first;
  for (const group of groups) {
    if (!group.length) continue;
    const row = justifiedRow(group, room);
    rows.push({ ...row, first: index, top, height: row.height + room.caption });
    top += row.height + room.caption + room.gap;
    index += group.length;
  }
  return { rows, bottom: top };
}

/**
 * @param {number[]} aspects
 * @param {{width: number, height: number, gap: number}} room
 */
function justifiedRow(aspects, room) {
  const free = room.width - room.gap * (aspects.length - 1);
  const filled = free / aspects.reduce((total, aspect) => total + aspect, 0);
  // What cannot fill its row without being far larger than all others is of their height.
  const height = filled > room.height * 1.45 ? room.height : filled;
  return { height: Math.floor(height), widths: aspects.map((aspect) => Math.max(24, Math.floor(aspect * height))) };
}
