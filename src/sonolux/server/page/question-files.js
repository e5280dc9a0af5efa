/** Files as parts of a question: each is uploaded, and asks as what it holds. */
import { api, Problem } from "./api.js";
import { store } from "./store.js";

/** What people may choose of their files; what a file holds is found by the service, whatever it is called. */
export const ACCEPTED = "image/*,audio/*,video/*,text/*,.md,.srt,.vtt,.pdf,.docx,.pptx,.xlsx,.odt,.odp,.ods,.epub,.rtf,.eml";

/**
 * Upload a file.
 * @param {File} file
 * @returns {Promise<{id: string, modality: string}>}
 */
export async function send(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    // A folder that is dropped comes as a file that cannot be read; sent, it would look as if the service were gone.
    throw new Problem({ title: `${file.name} cannot be read. A folder is added by its path, on the page of the library.` });
  }
  return api.upload(file, file.name);
}

/** @param {File[]} files */
export async function addFiles(files) {
  const parts = [];
  for (const file of files) {
    const { id, modality } = await send(file);
    store.modalities.set(id, modality);
    store.names.set(id, file.name);
    previews.set(id, { url: file.type.startsWith("image/") ? URL.createObjectURL(file) : "", name: file.name });
    parts.push(/** @type {const} */ ({ kind: "upload", value: id, weight: 1, minus: false }));
  }
  if (parts.length) store.ask({ parts: [...store.question.parts, ...parts] });
}

/** What was uploaded from this page, to be seen on its chip. @type {Map<string, {url: string, name: string}>} */
export const previews = new Map();
