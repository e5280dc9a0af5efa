/**
 * Opinions of items, kept by the service as interactions of a person, each of which can be taken back.
 *
 * That an item is known is a play and a skip of one weight: it says neither for it nor against it. A service that only
 * reads keeps nothing: what is said then is a part of the address, and known items stay.
 *
 * @import {Interaction} from "./types.js"
 * @typedef {"like" | "unlike" | "know"} Opinion
 * @typedef {{kind: "play" | "skip", weight: number}} Said
 */
import { api, tastes } from "./api.js";
import { person } from "./person.js";
import { store } from "./store.js";

/** Of what is said on purpose: as much as three plays, or skips. */
const WEIGHT = 3;

/** @type {Record<Opinion, Said[]>} */
const MEANING = {
  like: [{ kind: "play", weight: WEIGHT }],
  unlike: [{ kind: "skip", weight: WEIGHT }],
  know: [{ kind: "play", weight: 1 }, { kind: "skip", weight: 1 }],
};

class Opinions extends EventTarget {
  constructor() {
    super();
    /** @type {Map<string, Opinion>} Of this visit, by item. */
    this.said = new Map();
    /** @type {Array<() => Promise<unknown>>} How the last ones are taken back. */
    this.undoable = [];
    /** @type {Promise<boolean> | undefined} */
    this.reading = undefined;
    person.addEventListener("change", () => this.clear());
  }

  /** Whether the service only reads the library. */
  isReadOnly() {
    this.reading ??= api.info().then((info) => Boolean(info.read_only), () => false);
    return this.reading;
  }

  clear() {
    this.said.clear();
    this.undoable = [];
  }

  /**
   * Say something of an item.
   * @param {{id: string, path: string}} item
   * @param {Opinion} opinion
   */
  async say({ id, path }, opinion) {
    const before = this.said.get(id);
    if (before === opinion) return;
    this.#set(id, opinion);
    try {
      const undo = (await this.isReadOnly()) ? this.#note(id, path, opinion) : await this.#keep(id, opinion);
      this.undoable.push(async () => {
        await undo();
        this.#set(id, before);
      });
    } catch (error) {
      this.#set(id, before);
      throw error;
    }
  }

  /** Take the last opinion back. */
  async undo() {
    const last = this.undoable.pop();
    await last?.();
    return Boolean(last);
  }

  /** @param {string} id @param {Opinion} opinion */
  async #keep(id, opinion) {
    const said = { user: person.name, items: [id] };
    const [first, ...others] = MEANING[opinion];
    const { at } = await tastes.interact({ ...said, ...first });
    for (const one of others) await tastes.interact({ ...said, ...one, at });
    return () => Promise.all(MEANING[opinion].map(({ kind }) => tastes.withdraw({ ...said, kind, at })));
  }

  /** @param {string} id @param {string} path @param {Opinion} opinion */
  #note(id, path, opinion) {
    const before = store.question.parts;
    if (opinion === "know") return () => Promise.resolve();
    store.names.set(id, path);
    store.addPart({ kind: "item", value: id, weight: 1, minus: opinion === "unlike" });
    return async () => store.ask({ parts: before });
  }

  /** @param {string} id @param {Opinion | undefined} opinion */
  #set(id, opinion) {
    if (opinion) this.said.set(id, opinion);
    else this.said.delete(id);
    this.dispatchEvent(new Event("change"));
  }
}

export const opinions = new Opinions();

/**
 * Interactions as people said them: of one item and moment a play and a skip are one opinion.
 * @param {Interaction[]} rows
 * @returns {Array<{item: string, path: string, title: string, time: number, words: string, rows: Interaction[]}>}
 */
export function gathered(rows) {
  /** @type {Map<string, Interaction[]>} */
  const groups = new Map();
  for (const row of rows) {
    const key = `${row.item} ${row.time || row.kind}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => {
    const { item, time, path = "", title = "" } = group[0];
    return { item, path, title, time, words: saidInWords(group), rows: group };
  });
}

/** @param {Interaction[]} rows Of one item and moment. */
function saidInWords(rows) {
  const kinds = new Set(rows.map((row) => row.kind));
  if (kinds.has("play") && kinds.has("skip")) return "known already";
  const [{ kind, weight, time }] = rows;
  if (kind === "rating") return `rated ${weight}`;
  // One that is said on purpose has its time; a count of an import has none.
  if (kind === "play") return time && weight === WEIGHT ? "liked" : weight > 1 ? `played ${weight} times` : "played";
  return time && weight === WEIGHT ? "not for me" : "skipped";
}
