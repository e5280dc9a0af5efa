/**
 * The station: plays one item after the other, and learns from what is liked and skipped, wherever somebody looks meanwhile.
 *
 * What has been played and said goes with each question, so a service that was started again goes on. Heard for half of
 * its length, or four minutes, is played; left before, skipped; what cannot be played here is neither.
 *
 * @import {Example, Hit, Part} from "./types.js"
 */
import { api, tastes } from "./api.js";
import { opinions } from "./opinions.js";
import { person } from "./person.js";
import { loadMedia, unloadMedia } from "./preview.js";
import { becauseOf } from "./recommended.js";
import { sound } from "./sound.js";
import { toast } from "./toast.js";

/** Items that a question names, at most. */
const REMEMBERED = 1000;

/** Seconds of an item after which it counts as played, however long it is. */
const PLAYED = 240;

/** Items in a row that cannot be played, after which it is not tried again. */
const MOST_FAILURES = 3;

const PLAYABLE = ["audio", "video"];

class Station extends EventTarget {
  constructor() {
    super();
    this.media = document.createElement("video");
    Object.assign(this.media, { playsInline: true, autoplay: true, className: "station-media" });
    this.isOn = false;
    /** @type {Hit | null} */
    this.hit = null;
    this.because = "";
    /** @type {string[]} */
    this.played = [];
    /** @type {{like: string[], unlike: string[], where: Record<string, unknown>, new_only: boolean, seed: number}} */
    this.asked = { like: [], unlike: [], where: {}, new_only: false, seed: 0 };
    this.heard = { seconds: 0, at: 0, isKept: false };
    this.failures = 0;
    this.isAsking = false;
    this.media.addEventListener("timeupdate", () => this.#listened());
    this.media.addEventListener("seeking", () => (this.heard.at = this.media.currentTime));
    this.media.addEventListener("ended", () => this.next());
    for (const event of ["play", "pause", "loadedmetadata"]) this.media.addEventListener(event, () => this.#tell());
    sound.addEventListener("change", () => sound.playing && this.media.pause());
  }

  /**
   * Begin anew.
   * @param {{parts: Part[], where: Record<string, string[]>, isNewOnly: boolean, first?: Hit}} from Examples, filters, and what is played first.
   */
  async start({ parts, where, isNewOnly, first }) {
    const [like, unlike] = [false, true].map((minus) => parts.filter((part) => part.kind === "item" && part.minus === minus).map((part) => part.value));
    const wanted = where.modality?.filter((one) => PLAYABLE.includes(one)) ?? [];
    this.stop();
    this.asked = { like, unlike, where: { ...where, modality: wanted.length ? wanted : PLAYABLE }, new_only: isNewOnly, seed: Math.floor(Math.random() * 2 ** 31) };
    Object.assign(this, { isOn: true, played: [], failures: 0 });
    this.#tell();
    if (first) this.#play(first, "");
    else await this.next();
  }

  stop() {
    unloadMedia(this.media);
    Object.assign(this, { isOn: false, hit: null, because: "" });
    this.#tell();
  }

  toggle() {
    if (this.media.paused) this.media.play().catch(() => undefined);
    else this.media.pause();
  }

  /** Go on to the next; asked twice at once, it is one step. */
  async next() {
    if (!this.isOn || this.isAsking) return;
    this.isAsking = true;
    try {
      const { hit, examples } = await this.#following();
      if (!this.isOn) return;
      if (hit) this.#play(hit, becauseOf(hit, new Map(examples.map((one) => [one.id, one]))));
      else this.#end("Everything has been played.");
    } catch (error) {
      this.#end(/** @type {Error} */ (error).message, true);
    } finally {
      this.isAsking = false;
    }
  }

  /** Leave what is played; what was hardly heard is not liked. */
  skip() {
    const { hit, heard } = this;
    if (!hit || heard.isKept) return this.next();
    return this.#leave(() => {
      this.asked.unlike.push(hit.file);
      return this.#keep(hit, "skip");
    });
  }

  /** @param {"like" | "unlike"} opinion Of what is played. */
  async say(opinion) {
    const { hit } = this;
    if (!hit) return;
    const say = () => {
      this.heard.isKept = true;
      this.asked[opinion].push(hit.file);
      return opinions.say({ id: hit.file, path: hit.path }, opinion).catch((/** @type {Error} */ error) => toast.tell(error.message, { isProblem: true }));
    };
    if (opinion === "unlike") return this.#leave(say);
    await say();
    this.#tell();
  }

  /** @param {() => Promise<unknown>} said What is said of an item on leaving it; asked twice at once, it is said once. */
  async #leave(said) {
    if (this.isAsking) return;
    this.isAsking = true;
    await said();
    this.isAsking = false;
    await this.next();
  }

  /** @returns {Promise<{hit: Hit | null, examples: Example[]}>} */
  async #following() {
    const { like, unlike } = this.asked;
    const last = { like: like.slice(-REMEMBERED), unlike: unlike.slice(-REMEMBERED), played: this.played.slice(-REMEMBERED) };
    try {
      return await tastes.next({ ...this.asked, ...last, user: person.name });
    } catch (error) {
      // Something that was said of may have left the library since: the person's interactions know what is left.
      if (/** @type {import("./api.js").Problem} */ (error).kind !== "not-found") throw error;
      Object.assign(this.asked, { like: [], unlike: [] });
      return tastes.next({ ...this.asked, played: last.played, user: person.name });
    }
  }

  /** @param {Hit} hit @param {string} because */
  #play(hit, because) {
    Object.assign(this, { hit, because, heard: { seconds: 0, at: 0, isKept: false } });
    this.played.push(hit.file);
    sound.stop();
    loadMedia(this.media, hit.file, 0);
    const otherwise = this.media.onerror;
    this.media.onerror = (...told) => {
      if (typeof otherwise === "function") otherwise.apply(this.media, told);
      this.media.onerror = () => this.#failed();
    };
    this.#tell();
  }

  #failed() {
    this.failures += 1;
    if (this.failures >= MOST_FAILURES) this.#end(`${MOST_FAILURES} in a row cannot be played here.`, true);
    else this.next();
  }

  /** How much has been heard: what somebody jumps over has not. */
  #listened() {
    const { media, heard, hit } = this;
    const step = media.currentTime - heard.at;
    heard.at = media.currentTime;
    if (step > 0) heard.seconds += step;
    if (heard.seconds > 0) this.failures = 0;
    if (hit && !heard.isKept && media.duration && heard.seconds >= Math.min(media.duration / 2, PLAYED)) {
      heard.isKept = true;
      this.#keep(hit, "play");
    }
    this.dispatchEvent(new Event("time"));
  }

  /** @param {Hit} hit @param {"play" | "skip"} kind */
  async #keep(hit, kind) {
    if (await opinions.isReadOnly()) return;
    await tastes.interact({ user: person.name, items: [hit.file], kind }).catch(() => undefined);
  }

  /** @param {string} reason @param {boolean} isProblem */
  #end(reason, isProblem = false) {
    this.stop();
    toast.tell(reason, { isProblem });
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

export const station = new Station();

/**
 * Begin with an item, and go on with what is like it.
 * @param {string} id
 */
export async function startFrom(id) {
  const item = await api.item(id);
  /** @type {any} */
  const first = { ...item, title: String(item.metadata.title ?? ""), start: null };
  await station.start({ parts: [{ kind: "item", value: item.file, weight: 1, minus: false }], where: {}, isNewOnly: false, first });
}
