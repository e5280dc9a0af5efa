/** `sx-saved`: searches that are kept with the library: asked again, named, forgotten. */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { api } from "../api.js";
import { emptyQuestion } from "../address.js";
import { icon } from "../icons.js";
import { searchBody, whereOf } from "../ranking.js";
import { store } from "../store.js";
import { toast } from "../toast.js";
import { facetName, facetValue } from "../words.js";

/**
 * @import {Part, Question} from "../types.js"
 * @typedef {{kind: Part["kind"], text?: string, item?: string, upload?: string, weight?: number, minus?: boolean}} SavedPart
 * @typedef {{name: string, search: {parts?: SavedPart[], where?: Record<string, unknown>}}} SavedSearch
 */

class Saved extends LitElement {
  static properties = { saved: { state: true }, problem: { state: true } };

  constructor() {
    super();
    /** @type {SavedSearch[]} */
    this.saved = [];
    this.problem = "";
  }

  createRenderRoot() {
    return this;
  }

  get dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  async open() {
    this.dialog.showModal();
    await this.#load();
  }

  async #load() {
    try {
      this.saved = (await api.saved()).saved;
      this.problem = "";
    } catch (error) {
      this.problem = /** @type {Error} */ (error).message;
    }
  }

  /** @param {SubmitEvent} event */
  async #save(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const name = String(new FormData(form).get("name")).trim();
    try {
      // An address takes these for the folder itself, and the one above.
      if (name === "." || name === "..") throw new Error("A search cannot go by dots alone: give it another name.");
      // Where its ranking began is no part of a question.
      const { limit: _, ...search } = searchBody(store.question);
      await api.save(name, search);
      form.reset();
      await this.#load();
      toast.tell(`Saved as “${name}”.`);
    } catch (error) {
      this.problem = /** @type {Error} */ (error).message;
    }
  }

  /** @param {SavedSearch} saved */
  #ask(saved) {
    if (!isOfThePage(saved)) return void (this.problem = `“${saved.name}” asks with the items of a filter, or with lines of filters: ask it by the API, where it was saved.`);
    this.dialog.close();
    store.ask(questionOf(saved));
  }

  /** @param {string} name */
  async #forget(name) {
    try {
      await api.forgetSaved(name);
      await this.#load();
    } catch (error) {
      this.problem = /** @type {Error} */ (error).message;
    }
  }

  render() {
    return html`<dialog class="saved" aria-labelledby="saved-title" @click=${(/** @type {Event} */ event) => event.target === event.currentTarget && this.dialog.close()}>
      <header><h2 id="saved-title">Saved searches</h2><button class="quiet" aria-label="Close" @click=${() => this.dialog.close()}>${icon("close")}</button></header>
      ${store.isAsked ? html`<form @submit=${this.#save}><label>Keep this search as<input name="name" required maxlength="100" autocomplete="off" .value=${store.words || filtersInWords(store.question)} /></label><button class="primary">Save</button></form>` : nothing}
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
      ${this.saved.length ? html`<ul>${this.saved.map((saved) => html`<li><button class="link what" dir="auto" @click=${() => this.#ask(saved)}><bdi>${saved.name}</bdi></button>
        <button class="quiet" aria-label=${`Forget ${saved.name}`} @click=${() => this.#forget(saved.name)}>${icon("close")}</button></li>`)}</ul>` : html`<p class="hush">None is kept yet.</p>`}
    </dialog>`;
  }
}

/** @param {Question} question @returns {string} What is asked for by filters, as a name for it. */
const filtersInWords = (question) => Object.entries(whereOf(question)).map(([key, values]) => `${facetName(key)} ${values.map((value) => facetValue(key, value)).join(", ")}`).join(", ").slice(0, 100);

/** @param {SavedSearch} saved @returns {boolean} Whether an address of the page can hold it; a program may have saved more. */
const isOfThePage = ({ search }) => !Array.isArray(search.where) && (search.parts ?? []).every(({ kind }) => ["text", "item", "upload"].includes(kind));

/** @param {SavedSearch} saved @returns {Question} */
function questionOf({ search }) {
  const parts = (search.parts ?? []).map((part) => ({ kind: part.kind, value: part[part.kind] ?? "", weight: part.weight ?? 1, minus: part.minus ?? false }));
  const where = Object.fromEntries(Object.entries(search.where ?? {}).map(([key, value]) => [key, [value].flat().map(String)]));
  return { ...emptyQuestion(), parts, where };
}

customElements.define("sx-saved", Saved);
