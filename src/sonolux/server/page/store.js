/**
 * State of the page: the question and the place, kept in the address, with what was liked, disliked and undone.
 *
 * Elements read `store.question` and `store.place` and listen for "change"; nothing else holds either.
 *
 * @import {Part, Question} from "./types.js"
 * @import {Place} from "./address.js"
 */
import { api } from "./api.js";
import { emptyQuestion, readAddress, startPlace, writeAddress, writeQuestion } from "./address.js";

/** Of an example: a like leads the ranking no more than the words do. */
const LIKE_WEIGHT = 1;

class Store extends EventTarget {
  constructor() {
    super();
    const asked = readAddress(location.search);
    /** @type {Question} */
    this.question = asked.question;
    /** @type {Place} */
    this.place = asked.place;
    /** @type {Map<string, string>} Names of uploads and items, as far as they have been seen. */
    this.names = new Map();
    /** @type {Map<string, string>} Their modalities, likewise. */
    this.modalities = new Map();
    /** @type {Array<{question: Question, judgement: object | null}>} */
    this.undoable = [];
    /** The list from which somebody comes to an item, and to which Back leads. @type {"results" | "for-you"} */
    this.list = this.place.show === "for-you" ? "for-you" : "results";
    addEventListener("popstate", () => {
      ({ question: this.question, place: this.place } = readAddress(location.search));
      this.#tell("back");
    });
  }

  /** Questions with one key have one ranking; the view is how it looks. */
  get key() {
    return writeQuestion({ ...this.question }).toString();
  }

  get isAsked() {
    return this.question.parts.length > 0 || Object.keys(this.question.where).length > 0 || this.question.view !== "mixed";
  }

  /** The words that are asked for, all of them. */
  get words() {
    return this.question.parts.filter((part) => part.kind === "text" && !part.minus).map((part) => part.value).join(" ");
  }

  /**
   * Ask another question, from its first hit on.
   * @param {Partial<Question>} changes
   * @param {Place} [place] Where its answer is looked at; what is recommended goes by items and filters alone.
   */
  ask(changes, place) {
    this.question = { ...this.question, ...changes };
    const isTaste = this.place.show === "for-you" && this.question.parts.every((part) => part.kind === "item");
    this.place = place ?? (isTaste ? { ...this.place, at: 0, on: -1 } : startPlace());
    history.pushState(null, "", writeAddress(this.question, this.place));
    this.#tell("question");
  }

  /** @param {Partial<Place>} changes */
  go(changes) {
    this.place = { ...this.place, second: null, ...changes };
    history.pushState(null, "", writeAddress(this.question, this.place));
    this.#tell("place");
  }

  /**
   * Write down how far somebody has come, without a step in the history.
   * @param {Partial<Place>} changes
   */
  note(changes) {
    this.place = { ...this.place, ...changes };
    history.replaceState(null, "", writeAddress(this.question, this.place));
  }

  clear() {
    this.ask(emptyQuestion());
  }

  /** @param {Part} part */
  addPart(part) {
    this.ask({ parts: [...this.question.parts.filter((other) => other.kind !== part.kind || other.value !== part.value), part] });
  }

  /** @param {number} index @param {Partial<Part>} changes */
  changePart(index, changes) {
    this.ask({ parts: this.question.parts.map((part, number) => (number === index ? { ...part, ...changes } : part)) });
  }

  /** @param {number} index */
  removePart(index) {
    this.ask({ parts: this.question.parts.filter((_, number) => number !== index) });
  }

  /** @param {string} key @param {string} value */
  toggleFacet(key, value) {
    const admitted = this.question.where[key] ?? [];
    const values = admitted.includes(value) ? admitted.filter((other) => other !== value) : [...admitted, value];
    const where = { ...this.question.where, [key]: values };
    if (!values.length) delete where[key];
    this.ask({ where });
  }

  /**
   * Narrow the question to an area of the map, or to none, and stay there.
   * @param {string} area As a filter writes it; empty for the whole map.
   */
  askWithin(area) {
    const { map: _, ...where } = this.question.where;
    this.ask({ where: area ? { ...where, map: [area] } : where }, { ...startPlace(), show: "map", colour: this.place.colour });
  }

  /**
   * More or less like items: judged for the library, and asked with at once.
   * @param {Array<{id: string, path: string}>} items
   * @param {boolean} liked
   */
  judge(items, liked) {
    const [words, ids] = [this.words, items.map((item) => item.id)];
    const example = this.question.parts.find((part) => part.kind === "item" && !part.minus);
    const asked = words ? { text: words } : example ? { query: example.value } : null;
    // What is liked while nothing is asked is an example, and no judgement of an answer.
    const judgement = asked && { ...asked, liked: liked ? ids : [], disliked: liked ? [] : ids };
    this.undoable.push({ question: this.question, judgement });
    for (const item of items) this.names.set(item.id, item.path);
    const kept = this.question.parts.filter((part) => part.kind !== "item" || !ids.includes(part.value));
    const weight = (liked && example?.weight) || LIKE_WEIGHT;
    this.ask({ parts: [...kept, ...ids.map((id) => /** @type {Part} */ ({ kind: "item", value: id, weight, minus: !liked }))] });
    return judgement ? api.judge(judgement) : Promise.resolve(null);
  }

  /** Take the last judgement back, with the question that it made. */
  async undo() {
    const last = this.undoable.pop();
    if (!last) return false;
    this.ask(last.question);
    if (last.judgement) await api.forgetJudgement(last.judgement);
    return true;
  }

  /** @param {string} reason */
  #tell(reason) {
    const { show } = this.place;
    if (show === "results" || show === "for-you") this.list = show;
    this.dispatchEvent(new CustomEvent("change", { detail: reason }));
  }
}

export const store = new Store();
