/**
 * A ranking: the answer to a question, of which windows are fetched as they are looked at.
 *
 * @import {Answer, Hit, Question} from "./types.js"
 */
import { writeQuestion } from "./address.js";
import { api, Problem } from "./api.js";

/** Hits a window. */
export const BLOCK = 60;

/** Hits that are asked for at once, where all are needed, and how many are put in order of their dates. */
const PAGE = 200;

/** Hits that are ranked at first: filters are counted among them. */
const DEPTH = 300;
const MOST_DATED = 2000;

/** Windows that are kept: those of some screens. */
const KEPT = 240;

/**
 * A question as the service takes it, to be asked or saved.
 * @param {Question} question
 */
export function searchBody(question) {
  return {
    parts: question.parts.map(({ kind, value, weight, minus }) => ({ kind, [kind]: value, weight, ...(minus && { minus }) })),
    where: whereOf(question),
    fold: true,
    explain: true,
    depth: DEPTH,
    limit: BLOCK,
  };
}

/** @param {Question} question */
export function whereOf(question) {
  return question.view === "mixed" ? question.where : { ...question.where, modality: [question.view] };
}

export class Ranking extends EventTarget {
  /** @param {Question} question @param {Answer} answer */
  constructor(question, answer) {
    super();
    this.key = writeQuestion(question).toString();
    this.question = question;
    this.answer = answer;
    /** Whether there are no more hits than those known; else the total has room for the next ones. */
    this.isWhole = answer.complete !== false;
    this.total = answer.total + (this.isWhole ? 0 : BLOCK);
    this.sure = answer.sure;
    /** @type {Map<number, Hit[]>} */
    this.windows = new Map([[0, answer.hits]]);
    /** @type {Promise<Answer> | undefined} */
    this.asking = undefined;
    /** @type {Map<number, Promise<void>>} */
    this.loading = new Map();
  }

  /**
   * @param {Question} question
   * @param {AbortSignal} [signal]
   */
  static async of(question, signal) {
    return new Ranking(question, await api.search(searchBody(question), signal));
  }

  /** Whether there is more than is known. */
  get isOpen() {
    return !this.isWhole;
  }

  /** Hits that are known. */
  get known() {
    return this.total - (this.isOpen ? BLOCK : 0);
  }

  /** @param {number} index @returns {Hit | undefined} */
  hit(index) {
    return this.windows.get(Math.floor(index / BLOCK))?.[index % BLOCK];
  }

  /**
   * Fetch the windows of a range that are not there.
   * @param {number} first Block.
   * @param {number} last Block.
   */
  load(first, last) {
    const wanted = [];
    for (let block = first; block <= last; block++) {
      if (this.windows.has(block)) this.#touch(block);
      else wanted.push(this.loading.get(block) ?? this.#fetch(block));
    }
    return Promise.all(wanted);
  }

  /** @param {number} block */
  #fetch(block) {
    const fetching = this.#window(block)
      .then((page) => {
        this.windows.set(block, page.hits);
        this.#drop();
        this.dispatchEvent(new CustomEvent("window", { detail: block }));
        this.#learn(page);
      })
      .catch((/** @type {unknown} */ error) => {
        this.dispatchEvent(new CustomEvent("problem", { detail: error }));
      })
      .finally(() => this.loading.delete(block));
    this.loading.set(block, fetching);
    return fetching;
  }

  /**
   * What a window says of the whole: who looks past the end has it ranked deeper.
   * @param {{total?: number, sure?: number, complete?: boolean}} page
   */
  #learn({ total, sure, complete }) {
    if (total === undefined) return;
    const isWhole = complete !== false;
    const room = total + (isWhole ? 0 : BLOCK);
    if (room === this.total) return;
    this.isWhole = isWhole;
    this.total = room;
    this.sure = sure ?? this.sure;
    this.dispatchEvent(new CustomEvent("grown"));
  }

  /** @param {number} block @returns {Promise<{hits: Hit[], total?: number, sure?: number, complete?: boolean}>} */
  async #window(block) {
    try {
      return await api.window(this.answer.ranking, block * BLOCK, BLOCK);
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "expired") throw error;
      // The service keeps a ranking for some minutes: the question is asked again, for one of the same hits.
      this.asking ??= api.search(searchBody(this.question));
      this.answer = await this.asking;
      this.asking = undefined;
      return api.window(this.answer.ranking, block * BLOCK, BLOCK);
    }
  }

  /** @param {number} block */
  #touch(block) {
    const hits = this.windows.get(block);
    if (!hits) return;
    this.windows.delete(block);
    this.windows.set(block, hits);
  }

  #drop() {
    for (const block of this.windows.keys()) {
      if (this.windows.size <= KEPT) return;
      this.windows.delete(block);
    }
  }
}

/** What is in the library, one page after the other: nothing is asked, so that nothing is ranked. */
export class Browsing extends Ranking {
  /** @param {Question} question */
  static async of(question) {
    const where = whereOf(question);
    const page = await api.items(where, undefined, BLOCK);
    const answer = { ranking: "", total: 0, sure: 0, hits: page.items.map(asHit), spaces: [], seconds: 0 };
    const browsing = new Browsing(question, answer);
    browsing.#grow(0, page.next);
    return browsing;
  }

  /** Whether there is more than has been fetched. */
  get isOpen() {
    return Boolean(this.next);
  }

  /** Items that have been fetched: the total has room for the next ones, too. */
  get known() {
    return this.total - (this.next ? BLOCK : 0);
  }

  /** @param {number} _ @param {number} last */
  async load(_, last) {
    while (this.next && last >= this.windows.size && !this.fetching) {
      this.fetching = true;
      try {
        const page = await api.items(whereOf(this.question), this.next, BLOCK);
        const block = this.windows.size;
        this.windows.set(block, page.items.map(asHit));
        this.#grow(block, page.next);
        this.dispatchEvent(new CustomEvent("grown", { detail: block }));
      } catch (error) {
        this.dispatchEvent(new CustomEvent("problem", { detail: error }));
        return [];
      } finally {
        this.fetching = false;
      }
    }
    return [];
  }

  /** @param {number} block @param {string | null} next */
  #grow(block, next) {
    this.next = next;
    this.total = block * BLOCK + (this.windows.get(block)?.length ?? 0) + (next ? BLOCK : 0);
    // Nothing parts what is only looked at.
    this.sure = this.total;
  }
}

/** The sure ones alone, by date: all of them are fetched and put in order here. */
export class Dated extends Ranking {
  /** @param {Question} question @param {AbortSignal} [signal] */
  static async of(question, signal) {
    const answer = /** @type {Answer} */ (await api.search({ ...searchBody(question), confident: true, depth: MOST_DATED, limit: PAGE }, signal));
    const hits = [...answer.hits];
    while (hits.length < Math.min(answer.sure, MOST_DATED)) {
      const page = await api.window(answer.ranking, hits.length, PAGE);
      if (!page.hits.length) break;
      hits.push(...page.hits);
    }
    const sure = hits.filter((hit) => hit.confident).sort((a, b) => (b.date ?? "").localeCompare(a.date ?? ""));
    const dated = new Dated(question, { ...answer, complete: true, total: sure.length, sure: sure.length, hits: sure.slice(0, BLOCK) });
    for (let block = 1; block * BLOCK < sure.length; block++) dated.windows.set(block, sure.slice(block * BLOCK, (block + 1) * BLOCK));
    return dated;
  }
}

/** @param {Question} question */
const kindOf = (question) => (!question.parts.length ? Browsing : question.sort === "date" ? Dated : Ranking);

/** @param {import("./types.js").Item} item @returns {Hit} */
export function asHit(item) {
  const { width, height, duration, date, title } = /** @type {Record<string, any>} */ (item.metadata);
  return { ...item, score: 0, chance: null, space: "", title: typeof title === "string" ? title : "", confident: true, region: null, width, height, duration, date };
}

/** Rankings by the question's key, the last ones: going back shows what was there at once. */
const recent = new Map();

/**
 * @param {string} key
 * @param {Question} question
 * @param {AbortSignal} signal
 * @returns {Promise<Ranking>}
 */
export async function rankingOf(key, question, signal) {
  const ranking = recent.get(key) ?? (await kindOf(question).of(question, signal));
  recent.delete(key);
  recent.set(key, ranking);
  for (const old of recent.keys()) if (recent.size > 8) recent.delete(old);
  return ranking;
}

/** @param {string} key @returns {Ranking | undefined} */
export const recentRanking = (key) => recent.get(key);

/** Forget all: the library has changed. */
export const forgetRankings = () => recent.clear();
