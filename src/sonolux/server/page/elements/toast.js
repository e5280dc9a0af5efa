/** `sx-toast`: notices, told to screen readers as they come. */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { toast } from "../toast.js";

class ToastView extends LitElement {
  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    toast.addEventListener("change", () => this.requestUpdate());
  }

  render() {
    const { notice } = toast;
    return html`<div class="toasts" role="status" aria-live="polite">${notice
      ? html`<div class=${`toast ${notice.isProblem ? "bad" : ""}`}><span dir="auto">${notice.text}</span>
          ${notice.action ? html`<button class="link" @click=${() => this.#act(notice.action)}>${notice.action.label}</button>` : nothing}
          <button class="quiet" aria-label="Close the notice" @click=${() => toast.clear()}>${icon("close")}</button></div>`
      : nothing}</div>`;
  }

  /** @param {import("../toast.js").Notice["action"]} action */
  #act(action) {
    toast.clear();
    action?.do();
  }
}

customElements.define("sx-toast", ToastView);
