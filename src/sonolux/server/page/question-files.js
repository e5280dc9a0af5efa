/** Files as parts of a question: pictures, sounds and films are uploaded, a text asks with its words. */
import { api, Problem } from "./api.js";
import { store } from "./store.js";

/** Of a text, as an address writes it: what the encoders of words read, and an address holds. */
const MOST_TEXT = 2400;
const TEXT = /^text\/|\.(txt|md|srt|vtt|csv|json|html?)$/iu;

/**
 * @param {File[]} files
 */
export async function addFiles(files) {
  const parts = [];
  for (const file of files) {
    if (TEXT.test(file.type) || TEXT.test(file.name)) {
      const words = beginning((await file.slice(0, 4 * MOST_TEXT).text()).replace(/\s+/gu, " ").trim());
      if (!words) throw new Problem({ title: `${file.name} has no words to ask with.` });
      parts.push(/** @type {const} */ ({ kind: "text", value: words, weight: 1, minus: false }));
      continue;
    }
    const { id, modality } = await api.upload(file, file.name);
    store.modalities.set(id, modality);
    store.names.set(id, file.name);
    previews.set(id, { url: file.type.startsWith("image/") ? URL.createObjectURL(file) : "", name: file.name });
    parts.push(/** @type {const} */ ({ kind: "upload", value: id, weight: 1, minus: false }));
  }
  if (parts.length) store.ask({ parts: [...store.question.parts, ...parts] });
}

/** @param {string} text @returns {string} As many of its words as may be asked with. */
function beginning(text) {
  let [words, length] = ["", 0];
  for (const word of text.split(" ")) {
    length += encodeURIComponent(word.toWellFormed()).length + 1;
    if (length > MOST_TEXT) break;
    words += `${words && " "}${word}`;
  }
  return words;
}

/** What was uploaded from this page, to be seen on its chip. @type {Map<string, {url: string, name: string}>} */
export const previews = new Map();
