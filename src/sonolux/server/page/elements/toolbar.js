/**
 * `sx-toolbar`: how much was found and how surely, what is shown of it, in which order, and what is selected.
 *
 * @import {Question} from "../types.js"
 */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { Browsing, Ranking } from "../ranking.js";
import { selection } from "../selection.js";
import { store } from "../store.js";
import { count, counted, modalityName } from "../words.js";

const VIEWS = /** @type {const} */ (["mixed", "image", "video", "audio", "text"]);

class Toolbar extends LitElement {
  static properties = { ranking: { attribute: false }, busy: { type: Boolean } };

  constructor() {
    super();
    /** @type {Ranking | null} */
    this.ranking = null;
    this.busy = false;
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    selection.addEventListener("change", () => this.requestUpdate());
    store.addEventListener("change", () => this.requestUpdate());
  }

  onGrown = () => this.requestUpdate();

  /** @param {Map<string, unknown>} changes */
  willUpdate(changes) {
    if (!changes.has("ranking")) return;
    const before = /** @type {Ranking | null | undefined} */ (changes.get("ranking"));
    before?.removeEventListener("grown", this.onGrown);
    this.ranking?.addEventListener("grown", this.onGrown);
  }

  #summary() {
    const { ranking } = this;
    if (this.busy) return "Searching…";
    if (!ranking) return "";
    if (ranking instanceof Browsing) return store.isAsked ? `${count(ranking.known)}${ranking.isOpen ? " or more" : ""} in the library` : "In the library";
    if (!ranking.total) return "Nothing found";
    const { sure, known: total } = ranking;
    const more = ranking.isOpen ? " or more" : "";
    const time = ranking.answer.seconds ? html`<span class="took"> · ${ranking.answer.seconds.toFixed(2)} s</span>` : "";
    if (!sure) return html`Nothing found for sure · ${count(total)}${more} doubtful${time}`;
    return html`${counted(sure, "sure result")}${total > sure ? ` of ${count(total)}${more}` : ""}${time}`;
  }

  /** @param {SubmitEvent} event */
  #jump(event) {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (event.target).elements.namedItem("hit"));
    this.dispatchEvent(new CustomEvent("jump", { bubbles: true, detail: Number(input.value) - 1 }));
  }

  #selected() {
    const { items } = selection;
    const judge = (/** @type {boolean} */ liked) => this.dispatchEvent(new CustomEvent("judge", { bubbles: true, detail: { items, liked } }));
    return html`<div class="selected" role="group" aria-label="Selection"><b>${counted(items.length, "selected", "selected")}</b>
      <button @click=${() => judge(true)}>${icon("more")}More like these</button><button @click=${() => judge(false)}>${icon("less")}Less like these</button>
      <button class="quiet" @click=${() => selection.clear()}>Clear</button></div>`;
  }

  render() {
    const { view, sort } = store.question;
    const isRanked = this.ranking && !(this.ranking instanceof Browsing);
    return html`<button class="quiet filters-button" aria-controls="filters" @click=${() => this.dispatchEvent(new CustomEvent("filters", { bubbles: true }))}>${icon("filter")}<span>Filters</span></button>
      <p class="summary" role="status">${this.#summary()}</p>
      ${selection.items.length ? this.#selected() : html`<div class="segments" role="group" aria-label="Show">${VIEWS.map((one) => html`<button aria-pressed=${view === one} @click=${() => store.ask({ view: one })}>${one === "mixed" ? "All" : modalityName(one)}</button>`)}</div>`}
      ${isRanked && (this.ranking?.total ?? 0) > 200 ? html`<form class="jump" @submit=${this.#jump}><label><span>Go to</span> <input name="hit" type="number" inputmode="numeric" min="1" max=${this.ranking?.total ?? 1} required /></label></form>` : nothing}
      ${isRanked ? html`<label class="sort"><span>Sort</span> <select .value=${sort} @change=${(/** @type {Event} */ event) => store.ask({ sort: /** @type {Question["sort"]} */ (/** @type {HTMLSelectElement} */ (event.target).value) })}>
        <option value="rank" .selected=${sort === "rank"}>best first</option><option value="date" .selected=${sort === "date"}>date, sure ones</option></select></label>` : nothing}`;
  }
}

customElements.define("sx-toolbar", Toolbar);
