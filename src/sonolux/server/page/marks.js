/** Marking of words: which parts of a passage a person's words are. */

/** Words of two letters or more; shorter ones mark half of a passage. */
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}'’-]+/gu;

const COMMON = new Set(["the", "and", "for", "with", "from", "that", "this", "was", "are", "of", "in", "on", "at", "to", "an", "is", "it", "by", "or"]);

/**
 * @param {string} text
 * @returns {string[]} Stems that a passage's words may begin with.
 */
export function stemsOf(text) {
  const words = text.toLowerCase().match(WORD) ?? [];
  return [...new Set(words.filter((word) => !COMMON.has(word)).map((word) => (word.length > 5 ? word.replace(/(ing|ed|es|s)$/u, "") : word.replace(/s$/u, ""))))];
}

/**
 * @param {string} passage
 * @param {string[]} stems
 * @returns {Array<{text: string, marked: boolean}>} The passage in pieces, which together are all of it.
 */
export function markedPieces(passage, stems) {
  if (!stems.length) return [{ text: passage, marked: false }];
  const pieces = [];
  let end = 0;
  for (const found of passage.matchAll(WORD)) {
    const word = found[0].toLowerCase();
    if (!stems.some((stem) => word.startsWith(stem) && word.length - stem.length <= 4)) continue;
    if (found.index > end) pieces.push({ text: passage.slice(end, found.index), marked: false });
    pieces.push({ text: found[0], marked: true });
    end = found.index + found[0].length;
  }
  if (end < passage.length) pieces.push({ text: passage.slice(end), marked: false });
  return pieces;
}

/** @param {string | undefined} text @param {string[]} stems */
export const holdsMarked = (text, stems) => Boolean(text) && markedPieces(text ?? "", stems).some((piece) => piece.marked);

/**
 * The part of a passage that is worth showing: from a little before its first marked word.
 * @param {string} passage
 * @param {string[]} stems
 * @param {number} length Characters.
 */
export function excerptOf(passage, stems, length) {
  // The marks of Markdown before a heading are none of its words.
  const line = passage.replace(/^#{1,6}\s+/gmu, "").replace(/\s+/gu, " ").trim();
  if (line.length <= length) return line;
  const first = markedPieces(line, stems);
  const at = first.findIndex((piece) => piece.marked);
  const before = at < 0 ? 0 : first.slice(0, at).reduce((sum, piece) => sum + piece.text.length, 0);
  const start = before < length / 2 ? 0 : line.indexOf(" ", before - 40) + 1;
  return (start ? "… " : "") + line.slice(start, start + length).replace(/\s\S*$/u, "") + (start + length < line.length ? " …" : "");
}
