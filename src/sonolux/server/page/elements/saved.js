/** `sx-saved`: searches that are kept with the library: asked again, named, forgotten. */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { api } from "../api.js";
import { readAddress, writeQuestion } from "../address.js";
import { icon } from "../icons.js";
import { store } from "../store.js";
import { toast } from "../toast.js";

/** @typedef {{name: string, address?: string, question?: {address?: string}}} SavedSearch */

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
      const answer = await api.saved();
      this.saved = Array.isArray(answer) ? answer : answer.saved;
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
      await api.save(name, { address: writeQuestion(store.question).toString() });
      form.reset();
      await this.#load();
      toast.tell(`Saved as “${name}”.`);
    } catch (error) {
      this.problem = /** @type {Error} */ (error).message;
    }
  }

  /** @param {SavedSearch} saved */
  #ask(saved) {
    this.dialog.close();
    store.ask(readAddress(`?${saved.address ?? saved.question?.address ?? ""}`).question);
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
      ${store.isAsked ? html`<form @submit=${this.#save}><label>Keep this search as<input name="name" required maxlength="100" autocomplete="off" .value=${store.words} /></label><button class="primary">Save</button></form>` : nothing}
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
      ${this.saved.length ? html`<ul>${this.saved.map((saved) => html`<li><button class="link what" dir="auto" @click=${() => this.#ask(saved)}><bdi>${saved.name}</bdi></button>
        <button class="quiet" aria-label=${`Forget ${saved.name}`} @click=${() => this.#forget(saved.name)}>${icon("close")}</button></li>`)}</ul>` : html`<p class="hush">None is kept yet.</p>`}
    </dialog>`;
  }
}

customElements.define("sx-saved", Saved);
