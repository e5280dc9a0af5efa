/**
 * `sx-for-you`: what somebody may like, with why; from nothing, a few items to choose from.
 *
 * @import {Hit} from "../types.js"
 * @import {Opinion} from "../opinions.js"
 * @import {Place} from "../address.js"
 */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { tastes } from "../api.js";
import { icon } from "../icons.js";
import { liveJobs } from "../jobs.js";
import { opinions } from "../opinions.js";
import { person } from "../person.js";
import { whereOf } from "../ranking.js";
import { Recommended } from "../recommended.js";
import { station } from "../station.js";
import { store } from "../store.js";
import { toast } from "../toast.js";
import { counted, modalityName } from "../words.js";
import "./chips.js";
import "./results.js";
import "./station.js";
import "./taste.js";

/** Liked items from which on a taste can be told from accident. */
const ENOUGH = 3;
const SHOWN = 60;
const STARTERS = 24;
const VIEWS = /** @type {const} */ (["mixed", "image", "video", "audio", "text"]);

/** @type {Record<Place["variety"], number>} */
const VARIETY = { little: 0, some: 0.3, much: 0.7 };

const SAID = { like: "Liked.", unlike: "Not for you.", know: "You know it." };

class ForYou extends LitElement {
  static properties = { ranking: { state: true }, liked: { state: true }, remark: { state: true }, problem: { state: true }, busy: { state: true }, isBeginning: { state: true } };

  constructor() {
    super();
    /** @type {Recommended | null} */
    this.ranking = null;
    this.liked = 0;
    this.remark = "";
    this.problem = "";
    this.busy = false;
    /** Whether items to choose from are shown, and not what fits. */
    this.isBeginning = false;
    /** Whether somebody wants to see what fits though little is known. */
    this.isEager = false;
    this.seed = 0;
    this.shown = "";
    this.asking = new AbortController();
    this.listening = new AbortController();
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.listening = new AbortController();
    const { signal } = this.listening;
    store.addEventListener("change", () => this.#ask(), { signal });
    person.addEventListener("change", () => this.#begin(), { signal });
    opinions.addEventListener("change", () => this.#said(), { signal });
    liveJobs.addEventListener("library", () => this.#ask(), { signal });
    this.addEventListener("opinion", (event) => this.#say(/** @type {CustomEvent} */ (event).detail), { signal });
    this.#ask();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.listening.abort();
    this.asking.abort();
  }

  firstUpdated() {
    document.title = "For you · Sonolux";
    if (store.place.on < 0) this.querySelector("h1")?.focus();
  }

  /** For somebody else, or from nothing again. */
  #begin() {
    Object.assign(this, { isEager: false, seed: 0, shown: "" });
    this.#ask();
  }

  /** What was said is seen at once; what follows from it comes when the service has it. */
  #said() {
    /** @type {any} */ (this.querySelector("sx-results"))?.requestUpdate();
  }

  /** Ask for what the address says; what comes too late is left. */
  async #ask() {
    if (store.place.show !== "for-you") return;
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    this.busy = true;
    try {
      const known = await tastes.known(person.name, signal);
      if (signal.aborted) return;
      this.liked = known.liked + store.question.parts.filter((part) => part.kind === "item" && !part.minus).length;
      const isBeginning = this.liked < ENOUGH && !(this.isEager && this.liked);
      await (isBeginning ? this.#offer(signal) : this.#recommend(signal));
      if (!signal.aborted) this.problem = "";
    } catch (error) {
      if (!signal.aborted) Object.assign(this, { problem: /** @type {Error} */ (error).message, ranking: null, shown: "", isBeginning: false });
    } finally {
      if (!signal.aborted) this.busy = false;
    }
  }

  /** @param {AbortSignal} signal */
  async #offer(signal) {
    const asked = { user: person.name, where: whereOf(store.question), seed: this.seed, limit: STARTERS };
    // While somebody chooses among them, they stay as they are.
    const shown = JSON.stringify(asked);
    if (shown === this.shown && this.isBeginning) return;
    const { items } = await tastes.starters(asked, signal);
    if (!signal.aborted) Object.assign(this, { ranking: Recommended.toBeginWith(store.question, items), shown, remark: "", isBeginning: true });
  }

  /** @param {AbortSignal} signal */
  async #recommend(signal) {
    const { parts } = store.question;
    const [like, unlike] = [false, true].map((minus) => parts.filter((part) => part.kind === "item" && part.minus === minus).map((part) => part.value));
    const { known, variety } = store.place;
    const asked = { user: person.name, like, unlike, where: whereOf(store.question), new_only: !known, diverse: VARIETY[variety], limit: SHOWN };
    const answer = await tastes.recommend(asked, signal);
    if (signal.aborted) return;
    Object.assign(this, { ranking: new Recommended(store.question, answer.hits, answer.examples), remark: answer.remark, shown: "", isBeginning: false });
  }

  /** @param {{hit: Hit, opinion: Opinion}} said */
  async #say({ hit, opinion }) {
    try {
      await opinions.say({ id: hit.file, path: hit.path }, opinion);
      toast.tell(SAID[opinion], { action: { label: "Undo", do: () => this.undo() } });
      if (!(await opinions.isReadOnly())) await this.#ask();
    } catch (error) {
      toast.tell(/** @type {Error} */ (error).message, { isProblem: true });
    }
  }

  async undo() {
    try {
      if (await opinions.undo()) toast.tell("Taken back.");
      await this.#ask();
    } catch (error) {
      toast.tell(/** @type {Error} */ (error).message, { isProblem: true });
    }
  }

  get #timed() {
    return this.ranking?.hits.filter((hit) => hit.modality === "audio" || hit.modality === "video") ?? [];
  }

  #play() {
    const { parts } = store.question;
    station.start({ parts, where: /** @type {Record<string, string[]>} */ (whereOf(store.question)), isNewOnly: !store.place.known });
  }

  async #download() {
    try {
      const text = await tastes.playlist(this.#timed.map((hit) => hit.file));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "audio/x-mpegurl" }));
      link.download = `for ${person.name.replace(/[^\p{L}\p{N} _-]/gu, "") || "you"}.m3u8`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (error) {
      toast.tell(/** @type {Error} */ (error).message, { isProblem: true });
    }
  }

  render() {
    return html`<section class="found for-you" aria-label="For you" aria-busy=${this.busy}>
      <header class="for-you-head"><h1 tabindex="-1">For you</h1>
        <button class="quiet who" aria-haspopup="dialog" @click=${() => /** @type {any} */ (this.querySelector("sx-taste")).open()}>${icon("person")}<bdi dir="auto">${person.name}</bdi></button>
        <p class="summary" role="status">${this.#summary()}</p>${this.#acts()}</header>
      <sx-chips></sx-chips><div class="bar-line">${this.busy ? html`<i class="working"></i>` : nothing}</div>
      ${this.isBeginning && this.ranking?.total ? this.#invitation() : nothing}
      ${this.problem ? html`<div class="empty"><p class="problem" role="alert">${this.problem}</p><button @click=${() => this.#ask()}>Try again</button></div>` : this.ranking && !this.ranking.total ? this.#empty() : html`<sx-results .ranking=${this.ranking}></sx-results>`}
      <sx-taste></sx-taste></section>`;
  }

  #summary() {
    if (!this.ranking || this.isBeginning) return "";
    if (this.remark) return `${this.remark.charAt(0).toUpperCase()}${this.remark.slice(1)}.`;
    const sure = this.ranking.hits.filter((hit) => hit.confident).length;
    return `${counted(this.ranking.total, "item")} by what you like · ${sure || "none"} more than chance`;
  }

  #acts() {
    const { view } = store.question;
    const { known, variety } = store.place;
    const timed = this.#timed.length > 0;
    const option = (/** @type {Place["variety"]} */ value, /** @type {string} */ name) => html`<option value=${value} .selected=${variety === value}>${name}</option>`;
    return html`<div class="for-you-acts">
      <button class="primary" ?disabled=${!timed} title="Play one after the other; it learns from what you skip" @click=${this.#play}>${icon("station")}Station</button>
      <button ?disabled=${!timed} title="Download what is shown and can be played, as a playlist (M3U)" @click=${this.#download}>${icon("keep")}Playlist</button>
      <div class="segments" role="group" aria-label="Show">${VIEWS.map((one) => html`<button aria-pressed=${view === one} @click=${() => store.ask({ view: one })}>${one === "mixed" ? "All" : modalityName(one)}</button>`)}</div>
      ${this.isBeginning ? nothing : html`<label class="sort"><span>Variety</span> <select @change=${(/** @type {Event} */ event) => store.go({ variety: /** @type {Place["variety"]} */ (/** @type {HTMLSelectElement} */ (event.target).value), at: 0, on: -1 })}>${option("little", "little")}${option("some", "some")}${option("much", "much")}</select></label>
        <label class="switch"><input type="checkbox" .checked=${known} @change=${() => store.go({ known: !known, at: 0, on: -1 })} />What I know, too</label>`}</div>`;
  }

  #invitation() {
    const { liked } = this;
    const begin = () => {
      this.isEager = true;
      this.#ask();
    };
    const others = () => {
      this.seed += 1;
      this.#ask();
    };
    return html`<div class="invitation"><p>${liked ? html`<b>${liked} of ${ENOUGH} liked.</b> From ${ENOUGH} on a taste can be told from accident.` : html`<b>Nothing is known of you yet.</b> Like ${ENOUGH} of these, and what fits them is found, also what nobody has played.`}</p>
      <progress max=${ENOUGH} .value=${Math.min(liked, ENOUGH)} aria-label="Liked items"></progress>
      <button @click=${others}>Other ones</button>${liked ? html`<button @click=${begin}>Show what fits already</button>` : nothing}</div>`;
  }

  #empty() {
    const isNarrowed = Object.keys(store.question.where).length > 0 || store.question.view !== "mixed";
    return html`<div class="empty"><h2>${this.isBeginning ? "Nothing to choose from" : "Nothing is left that is new to you"}</h2>
      ${isNarrowed ? html`<button @click=${() => store.ask({ where: {}, view: "mixed" })}>Without filters</button>` : nothing}
      ${this.isBeginning || store.place.known ? nothing : html`<button @click=${() => store.go({ known: true })}>Show what I know, too</button>`}</div>`;
  }
}

customElements.define("sx-for-you", ForYou);
