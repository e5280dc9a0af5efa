/** `sx-login`: takes the token that the service printed, once, when it started. */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { api, gate } from "../api.js";

class Login extends LitElement {
  static properties = { problem: { state: true } };

  constructor() {
    super();
    this.problem = "";
    /** @type {Promise<void> | null} All requests that need it wait for one. */
    this.asking = null;
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    gate.signIn = () => (this.asking ??= this.#ask().finally(() => (this.asking = null)));
  }

  async #ask() {
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
    await new Promise((resolve) => (this.signedIn = resolve));
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    try {
      await api.signIn(String(new FormData(form).get("token")).trim());
    } catch (error) {
      this.problem = /** @type {Error} */ (error).message;
      return;
    }
    this.problem = "";
    form.reset();
    this.querySelector("dialog")?.close();
    this.signedIn?.(undefined);
  }

  render() {
    return html`<dialog class="login" aria-labelledby="login-title" @cancel=${(/** @type {Event} */ event) => event.preventDefault()}><form @submit=${this.#submit}>
      <h2 id="login-title">Sign in</h2><p>This library asks for its token. It was printed where <code>sonolux serve</code> was started.</p>
      <input class="unseen" type="text" name="username" value="library" autocomplete="username" tabindex="-1" aria-hidden="true" readonly />
      <label>Token<input name="token" type="password" required autocomplete="current-password" spellcheck="false" /></label>
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
      <button class="primary">Sign in</button></form></dialog>`;
  }
}

customElements.define("sx-login", Login);
