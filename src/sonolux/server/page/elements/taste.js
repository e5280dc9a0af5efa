/** `sx-taste`: for whom it is recommended, what is known of them, and how all of it, or one thing, is forgotten. */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { tastes } from "../api.js";
import { icon } from "../icons.js";
import { gathered, opinions } from "../opinions.js";
import { person } from "../person.js";
import { store } from "../store.js";
import { toast } from "../toast.js";
import { fileName } from "../words.js";

const SHOWN = 100;

/** @typedef {ReturnType<typeof gathered>[number]} Said */

class Taste extends LitElement {
  static properties = { said: { state: true }, hasMore: { state: true }, problem: { state: true }, isReadOnly: { state: true } };

  constructor() {
    super();
    /** @type {Said[]} */
    this.said = [];
    this.hasMore = false;
    this.problem = "";
    this.isReadOnly = false;
  }

  createRenderRoot() {
    return this;
  }

  get dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  async open() {
    this.dialog.showModal();
    this.isReadOnly = await opinions.isReadOnly();
    await this.#load();
  }

  async #load() {
    try {
      const { interactions, next } = await tastes.interactions(person.name, SHOWN);
      this.said = gathered(interactions);
      this.hasMore = Boolean(next);
      this.problem = "";
    } catch (error) {
      this.problem = /** @type {Error} */ (error).message;
    }
  }

  /** @param {SubmitEvent} event */
  async #choose(event) {
    event.preventDefault();
    person.choose(String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("person")));
    await this.#load();
    toast.tell(`For ${person.name} now.`);
  }

  /** @param {Said} said */
  async #withdraw({ item, time, rows }) {
    try {
      for (const { kind } of rows) await tastes.withdraw({ user: person.name, items: [item], kind, at: time });
    } catch (error) {
      this.problem = /** @type {Error} */ (error).message;
      return;
    }
    opinions.said.delete(item);
    opinions.dispatchEvent(new Event("change"));
    await this.#load();
  }

  async #forget() {
    if (!confirm(`Forget everything that ${person.name} played, liked and skipped? It cannot be brought back.`)) return;
    try {
      const { removed, learned } = await tastes.forget(person.name);
      opinions.clear();
      opinions.dispatchEvent(new Event("change"));
      await this.#load();
      toast.tell(removed ? `Forgotten.${learned ? " Factors that were learned from it stay until they are learned again." : ""}` : "Nothing was known.");
    } catch (error) {
      this.problem = /** @type {Error} */ (error).message;
    }
  }

  /** @param {Said} said */
  #row(said) {
    const name = said.title || fileName(said.path) || "an item that is gone";
    const open = () => {
      this.dialog.close();
      store.go({ show: "item", id: said.item });
    };
    return html`<li><button class="link what" dir="auto" ?disabled=${!said.path} @click=${open}><bdi>${name}</bdi></button><span class="hush">${said.words}</span>
      ${this.isReadOnly ? nothing : html`<button class="quiet" aria-label=${`Take back: ${said.words}, ${name}`} title="Take back" @click=${() => this.#withdraw(said)}>${icon("undo")}</button>`}</li>`;
  }

  render() {
    return html`<dialog class="taste" aria-labelledby="taste-title" @click=${(/** @type {Event} */ event) => event.target === event.currentTarget && this.dialog.close()}>
      <header><h2 id="taste-title">What is known of ${person.name}</h2><button class="quiet" aria-label="Close" @click=${() => this.dialog.close()}>${icon("close")}</button></header>
      <form @submit=${this.#choose}><label>Recommend to<input name="person" required maxlength="200" autocomplete="off" .value=${person.name} /></label><button>Change</button></form>
      <p class="hush">The name stays in this browser; what is played and liked stays in the library, on the machine that serves it.</p>
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
      ${this.said.length ? html`<ul>${this.said.map((said) => this.#row(said))}</ul>${this.hasMore ? html`<p class="hush">The latest are shown.</p>` : nothing}
        ${this.isReadOnly ? nothing : html`<button class="forget" @click=${this.#forget}>Forget everything</button>`}` : html`<p class="hush">Nothing yet.</p>`}
    </dialog>`;
  }
}

customElements.define("sx-taste", Taste);
