/**
 * `sx-search-box`: one box for words, files that are dropped, pasted or chosen, the microphone, and hits dragged in.
 */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { ACCEPTED, addFiles } from "../question-files.js";
import { Recorder } from "../recorder.js";
import { store } from "../store.js";
import { toast } from "../toast.js";
import { clock } from "../words.js";

export class SearchBox extends LitElement {
  static properties = { isOver: { state: true }, recorded: { state: true }, busy: { state: true } };

  constructor() {
    super();
    this.isOver = false;
    /** @type {number | null} Seconds that are recorded; null while nothing is. */
    this.recorded = null;
    this.busy = 0;
    /** @type {string | undefined} Words of the question that the box was last set to. */
    this.shown = undefined;
    this.recorder = new Recorder((seconds) => (this.recorded = seconds));
    this.refresh = () => this.requestUpdate();
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    store.addEventListener("change", this.refresh);
    addEventListener("paste", this.onPaste);
    for (const name of ["dragover", "dragleave", "drop"]) addEventListener(name, this.onDrag);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    store.removeEventListener("change", this.refresh);
    removeEventListener("paste", this.onPaste);
    for (const name of ["dragover", "dragleave", "drop"]) removeEventListener(name, this.onDrag);
  }

  get input() {
    return /** @type {HTMLInputElement} */ (this.querySelector("input[type=search]"));
  }

  onPaste = (/** @type {ClipboardEvent} */ event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || (event.target instanceof HTMLElement && event.target.closest("dialog"))) return;
    event.preventDefault();
    this.#ask(files);
  };

  onDrag = (/** @type {Event} */ given) => {
    const event = /** @type {DragEvent} */ (given);
    const types = event.dataTransfer?.types ?? [];
    const isOurs = types.includes("Files") || types.includes("application/x-sonolux-item");
    if (!isOurs || (event.target instanceof HTMLElement && event.target.closest("[data-takes-files]"))) return;
    event.preventDefault();
    this.isOver = event.type === "dragover";
    if (event.type !== "drop" || !event.dataTransfer) return;
    const dragged = event.dataTransfer.getData("application/x-sonolux-item");
    if (!dragged) return void this.#ask([...event.dataTransfer.files]);
    const { id, path } = JSON.parse(dragged);
    store.names.set(id, path);
    store.addPart({ kind: "item", value: id, weight: 1, minus: false });
  };

  /** @param {File[]} files */
  async #ask(files) {
    this.busy++;
    try {
      await addFiles(files);
    } catch (error) {
      toast.tell(/** @type {Error} */ (error).message, { isProblem: true });
    } finally {
      this.busy--;
    }
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const words = this.input.value.trim();
    const others = store.question.parts.filter((part) => part.kind !== "text" || part.weight !== 1 || part.minus);
    if (!words && others.length === store.question.parts.length && store.isAsked) return;
    store.ask({ parts: words ? [{ kind: "text", value: words, weight: 1, minus: false }, ...others] : others });
  }

  async #record() {
    try {
      if (this.recorded === null) return await this.recorder.start();
      const file = await this.recorder.stop();
      this.recorded = null;
      await this.#ask([file]);
    } catch (error) {
      this.recorded = null;
      toast.tell(/** @type {Error} */ (error).message, { isProblem: true });
    }
  }

  /** @param {Event} event */
  #chosen(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    this.#ask([...(input.files ?? [])]);
    input.value = "";
  }

  updated() {
    // The words in the box are those of the question, unless somebody is writing others.
    const words = store.question.parts.find((part) => part.kind === "text" && part.weight === 1 && !part.minus)?.value ?? "";
    if (this.shown !== words) this.input.value = words;
    this.shown = words;
  }

  render() {
    const isRecording = this.recorded !== null;
    return html`<form class=${`box ${this.isOver ? "over" : ""}`} role="search" @submit=${this.#submit}>
      ${icon("search")}
      <input type="search" name="q" autocomplete="off" spellcheck="false" enterkeyhint="search" dir="auto"
        aria-label="Search by words; drop or paste a picture, sound, video or text" placeholder=${this.isOver ? "Drop to ask with it" : "Words, or drop a picture, sound, video or text"} />
      ${this.busy ? html`<span class="spinner" role="status" aria-label="Sending"></span>` : html`<kbd class="hint" aria-hidden="true">/</kbd>`}
      <label class="button quiet" title="Ask with a file">${icon("attach")}<span class="unseen">Ask with a file</span>
        <input class="unseen" type="file" multiple accept=${ACCEPTED} @change=${this.#chosen} /></label>
      ${Recorder.isAvailable ? html`<button type="button" class=${`quiet ${isRecording ? "recording" : ""}`} aria-pressed=${isRecording}
        aria-label=${isRecording ? "Stop, and ask with what was recorded" : "Ask with the microphone"} title="Ask with the microphone"
        @click=${this.#record}>${icon("microphone")}${isRecording ? html`<span class="seconds">${clock(this.recorded ?? 0)}</span>` : nothing}</button>` : nothing}
    </form>`;
  }
}

customElements.define("sx-search-box", SearchBox);
