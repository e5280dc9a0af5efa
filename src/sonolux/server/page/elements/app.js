/**
 * `sx-app`: the page: header, and the view that the address names.
 *
 * @import {Ranking} from "../ranking.js"
 * @import {Results} from "./results.js"
 * @import {SearchBox} from "./search-box.js"
 * @import {ItemView} from "./item-view.js"
 */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { handleKey } from "../keyboard.js";
import { forgetRankings, rankingOf, recentRanking } from "../ranking.js";
import { liveJobs } from "../jobs.js";
import { selection } from "../selection.js";
import { sound } from "../sound.js";
import { startPlace } from "../address.js";
import { store } from "../store.js";
import { toast } from "../toast.js";
import { counted } from "../words.js";
import "./chips.js";
import "./facets.js";
import "./help.js";
import "./login.js";
import "./results.js";
import "./saved.js";
import "./search-box.js";
import "./toast.js";
import "./toolbar.js";

/** Views that are loaded when somebody goes there. */
const LATER = { item: () => import("./item-view.js"), library: () => import("./library-view.js"), map: () => import("./map-view.js"), "for-you": () => import("./for-you.js") };

class App extends LitElement {
  static properties = { ranking: { state: true }, busy: { state: true }, problem: { state: true }, filtersOpen: { state: true } };

  constructor() {
    super();
    /** @type {Ranking | null} */
    this.ranking = null;
    this.busy = false;
    this.problem = "";
    this.filtersOpen = false;
    this.key = "";
    this.asking = new AbortController();
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    store.addEventListener("change", () => this.#changed());
    liveJobs.addEventListener("library", forgetRankings);
    this.addEventListener("judge", (event) => this.#judge(/** @type {CustomEvent} */ (event).detail));
    this.addEventListener("jump", (event) => this.results?.jump(/** @type {CustomEvent<number>} */ (event).detail));
    this.addEventListener("filters", () => this.#toggleFilters());
    addEventListener("keydown", (event) => handleKey(event, this.actions));
    this.#changed();
  }

  get results() {
    return /** @type {Results | null} */ (this.querySelector("sx-results"));
  }

  get box() {
    return /** @type {SearchBox | null} */ (this.querySelector("sx-search-box"));
  }

  /** @type {import("../keyboard.js").Actions} */
  actions = {
    focusBox: () => {
      this.box?.input.focus();
      this.box?.input.select();
    },
    focusResults: () => this.results?.focusCard(this.results.focusIndex),
    focusFilters: () => {
      if (store.place.show !== "results") return;
      if (!this.filtersOpen && matchMedia("(width < 900px)").matches) this.filtersOpen = true;
      this.updateComplete.then(() => /** @type {HTMLElement | null} */ (this.querySelector("#filters input, #filters button"))?.focus());
    },
    goTo: () => /** @type {HTMLElement | null} */ (this.querySelector(".jump input"))?.focus(),
    help: () => /** @type {any} */ (this.querySelector("sx-help")).open(),
    undo: () => this.#undo(),
    escape: () => this.#escape(),
    act: (act) => this.results?.act(act),
    move: (key, extends_) => {
      if (key === "Home" || key === "End") this.results?.jump(key === "Home" ? 0 : Infinity);
      else this.results?.move(key, extends_);
    },
    forYou: () => this.#goForYou(),
    skip: () => import("../station.js").then(({ station }) => station.skip()),
    playItem: () => /** @type {ItemView | null} */ (this.querySelector("sx-item"))?.player?.toggle(),
    view: () => store.place.show,
  };

  #escape() {
    if (this.filtersOpen) this.filtersOpen = false;
    else if (store.place.show === "item") store.go({ show: store.list });
    else if (store.place.show !== "results") store.go({ show: "results" });
    else if (selection.items.length) selection.clear();
    else return false;
    return true;
  }

  #toggleFilters() {
    this.filtersOpen = !this.filtersOpen;
    if (this.filtersOpen) this.actions.focusFilters();
  }

  #changed() {
    const { show } = store.place;
    sound.stop();
    if (show === "results") document.title = store.words ? `${store.words} · Sonolux` : "Sonolux";
    if (show !== "results") LATER[show]();
    if (show !== "for-you" && (store.key !== this.key || !this.ranking)) this.#ask();
    this.requestUpdate();
  }

  /** Ask the question of the address; what comes too late, for one that is no longer asked, is left. */
  async #ask() {
    const { key, question } = store;
    this.key = key;
    this.problem = "";
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    const known = recentRanking(key);
    if (known) return void (this.ranking = known);
    this.busy = true;
    try {
      const ranking = await rankingOf(key, question, signal);
      if (!signal.aborted) this.ranking = ranking;
    } catch (error) {
      if (signal.aborted) return;
      this.ranking = null;
      this.problem = /** @type {Error} */ (error).message;
    } finally {
      if (!signal.aborted) this.busy = false;
    }
  }

  /** @param {{items: Array<{id: string, path: string}>, liked: boolean}} judged */
  #judge({ items, liked }) {
    const kept = store.judge(items, liked);
    selection.clear();
    const what = items.length > 1 ? counted(items.length, "item") : "this";
    toast.tell(liked ? `More like ${what}.` : `Less like ${what}.`, { action: { label: "Undo", do: () => this.#undo() } });
    kept.catch((/** @type {Error} */ error) => toast.tell(`The ranking follows, but the judgement was not kept: ${error.message}`, { isProblem: true }));
  }

  async #undo() {
    if (store.place.show === "for-you") return void /** @type {any} */ (this.querySelector("sx-for-you"))?.undo();
    try {
      if (await store.undo()) toast.tell("Taken back.");
    } catch (error) {
      toast.tell(`The question is as it was, but the judgement is still kept: ${/** @type {Error} */ (error).message}`, { isProblem: true });
    }
  }

  /** @param {MouseEvent} event @param {import("../address.js").Place["show"]} show */
  #go(event, show) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (show === "for-you") this.#goForYou();
    else store.go({ show, id: "" });
  }

  /** By what is liked, and the filters that there are: words are not asked. */
  #goForYou() {
    if (store.place.show !== "for-you") store.ask({ parts: [], sort: "rank" }, { ...startPlace(), show: "for-you" });
  }

  render() {
    const { show } = store.place;
    const link = (/** @type {"library" | "map" | "for-you"} */ view, /** @type {string} */ name) => html`<a href=${`/?show=${view}`} title=${name} aria-current=${show === view ? "page" : nothing} @click=${(/** @type {MouseEvent} */ event) => this.#go(event, view)}>${icon(view === "for-you" ? "forYou" : view)}<span>${name}</span></a>`;
    return html`<a class="skip" href="#main" @click=${(/** @type {Event} */ event) => { event.preventDefault(); this.querySelector("main")?.focus(); }}>To the content</a>
      <header class="top"><a class="brand" href="/" aria-label="Sonolux, the start" @click=${(/** @type {MouseEvent} */ event) => { if (!event.ctrlKey && !event.metaKey) { event.preventDefault(); store.clear(); } }}>
          <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 12c2 0 2-5 4-5s2 10 4 10 2-14 4-14 2 12 4 12" /></svg><span>Sonolux</span></a>
        <sx-search-box></sx-search-box>
        <nav aria-label="Views"><button class="quiet" title="Saved searches" @click=${() => /** @type {any} */ (this.querySelector("sx-saved")).open()}>${icon("star")}<span>Saved</span></button>
          ${link("for-you", "For you")}${link("map", "Map")}${link("library", "Library")}<button class="quiet" title="Keys (?)" aria-label="Keys" @click=${this.actions.help}>${icon("help")}</button></nav></header>
      <main id="main" tabindex="-1" class=${show}>${show === "results" ? this.#found() : show === "item" ? html`<sx-item></sx-item>` : show === "library" ? html`<sx-library></sx-library>` : show === "for-you" ? html`<sx-for-you></sx-for-you>` : html`<sx-map></sx-map>`}</main>
      <sx-station></sx-station>
      <sx-saved></sx-saved><sx-help></sx-help><sx-login></sx-login><sx-toast></sx-toast>`;
  }

  #found() {
    const { ranking } = this;
    return html`<aside id="filters" class=${this.filtersOpen ? "open" : ""} aria-label="Filters"><button class="quiet close-filters" aria-label="Close the filters" @click=${() => (this.filtersOpen = false)}>${icon("close")}</button>
        <sx-facets .ranking=${ranking}></sx-facets></aside>
      <section class="found" aria-label="Results" aria-busy=${this.busy}><sx-chips></sx-chips><div class="bar-line">${this.busy ? html`<i class="working"></i>` : nothing}</div>
        <sx-toolbar .ranking=${ranking} ?busy=${this.busy}></sx-toolbar>
        ${this.problem ? html`<div class="empty"><p class="problem" role="alert">${this.problem}</p><button @click=${() => this.#ask()}>Try again</button></div>` : ranking && !ranking.total ? this.#empty() : html`<sx-results .ranking=${ranking}></sx-results>`}</section>`;
  }

  #empty() {
    const isNarrowed = Object.keys(store.question.where).length > 0 || store.question.view !== "mixed";
    return html`<div class="empty"><h2>Nothing found</h2><p>${store.isAsked ? "Nothing in the library answers this, not even doubtfully." : "The library is empty."}</p>
      ${isNarrowed ? html`<button @click=${() => store.ask({ where: {}, view: "mixed" })}>Ask without filters</button>` : nothing}
      ${store.isAsked ? nothing : html`<button class="primary" @click=${() => store.go({ show: "library" })}>Add a folder</button>`}</div>`;
  }
}

customElements.define("sx-app", App);
