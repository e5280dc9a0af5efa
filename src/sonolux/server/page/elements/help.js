/** `sx-help`: all keys, in a dialog. */
import { LitElement, html } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { KEYS } from "../keyboard.js";

const WHERE = { everywhere: "Everywhere", results: "In the results", "for-you": "In what is for you", item: "On an item's page" };

class Help extends LitElement {
  createRenderRoot() {
    return this;
  }

  open() {
    this.querySelector("dialog")?.showModal();
  }

  render() {
    const close = () => this.querySelector("dialog")?.close();
    return html`<dialog class="help" aria-labelledby="help-title" @click=${(/** @type {Event} */ event) => event.target === event.currentTarget && close()}>
      <header><h2 id="help-title">Keys</h2><button class="quiet" aria-label="Close" @click=${close}>${icon("close")}</button></header>
      ${Object.entries(WHERE).map(([where, name]) => html`<h3>${name}</h3><dl>${KEYS.filter((key) => key.where === where).map((key) => html`<div><dt><kbd>${key.shown}</kbd></dt><dd>${key.does}</dd></div>`)}</dl>`)}
    </dialog>`;
  }
}

customElements.define("sx-help", Help);
