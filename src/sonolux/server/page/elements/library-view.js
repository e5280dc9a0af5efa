/**
 * `sx-library`: what is in the library, its spaces, its jobs with their progress, adding and removing.
 *
 * @import {Job, Space} from "../types.js"
 */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { api } from "../api.js";
import { icon } from "../icons.js";
import { liveJobs } from "../jobs.js";
import { keeping } from "../keeping.js";
import { ACCEPTED } from "../question-files.js";
import { toast } from "../toast.js";
import { count, counted, fileName, modalityName, title, valueInWords } from "../words.js";

const STATES = { queued: "Waiting", running: "Running", done: "Done", failed: "Failed", cancelled: "Cancelled" };
const KINDS = { copies: "Find copies", map: "Draw the map", optimize: "Tidy the index" };
const ANNOTATORS = ["music-tags", "notes", "ocr", "photo-labels", "speech"];

class LibraryView extends LitElement {
  static properties = { info: { state: true }, spaces: { state: true }, problem: { state: true }, sending: { state: true } };

  constructor() {
    super();
    this.sending = false;
    /** @type {any} */
    this.info = null;
    /** @type {Space[]} */
    this.spaces = [];
    this.problem = "";
    this.refresh = () => this.requestUpdate();
    this.reload = () => this.#load();
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    liveJobs.addEventListener("change", this.refresh);
    liveJobs.addEventListener("library", this.reload);
    liveJobs.load().catch((/** @type {Error} */ error) => (this.problem = error.message));
    this.#load();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    liveJobs.removeEventListener("change", this.refresh);
    liveJobs.removeEventListener("library", this.reload);
  }

  firstUpdated() {
    document.title = "Library · Sonolux";
    this.querySelector("h1")?.focus();
  }

  async #load() {
    try {
      const [info, spaces] = await Promise.all([api.info(), api.spaces()]);
      this.info = info;
      this.spaces = spaces.spaces;
    } catch (error) {
      this.problem = /** @type {Error} */ (error).message;
    }
  }

  /** @param {string} kind @param {object} params */
  async #start(kind, params) {
    try {
      await api.startJob(kind, params);
      await liveJobs.load();
      toast.tell(`${jobName(kind)}: it is in the queue.`);
    } catch (error) {
      toast.tell(/** @type {Error} */ (error).message, { isProblem: true });
    }
  }

  /** @param {SubmitEvent} event */
  #changeFiles(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const path = String(new FormData(form).get("path")).trim();
    const kind = /** @type {HTMLButtonElement | null} */ (event.submitter)?.value ?? "add";
    if (kind === "remove") this.#removeFolder(path);
    else this.#start(kind, { paths: [path] }).then(() => form.reset());
  }

  /** @param {File[]} files */
  async #send(files) {
    this.sending = true;
    await keeping.send(files, this.querySelector("select")?.value);
    this.sending = false;
  }

  /** @param {Event} event */
  #chosen(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    this.#send([...(input.files ?? [])]);
    input.value = "";
  }

  /** @param {DragEvent} event */
  #dropped(event) {
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length && this.info?.roots?.length) this.#send(files);
  }

  /** @param {string} folder Whose files are taken out of the library; the service removes by ids. */
  async #removeFolder(folder) {
    try {
      /** @type {string[]} */
      const ids = [];
      for (let page = await api.items({ folder }, undefined, 200); ; page = await api.items({ folder }, page.next, 200)) {
        ids.push(...page.items.map((/** @type {{id: string}} */ item) => item.id));
        if (!page.next) break;
      }
      if (!ids.length) toast.tell(`Nothing of the library lies in ${folder}.`, { isProblem: true });
      else if (confirm(`Take ${counted(ids.length, "file")} in ${folder} out of the library? The files themselves stay where they are.`)) await this.#start("remove", { ids });
    } catch (error) {
      toast.tell(/** @type {Error} */ (error).message, { isProblem: true });
    }
  }

  /** @param {SubmitEvent} event */
  #annotate(event) {
    event.preventDefault();
    this.#start("annotate", { annotator: String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("annotator")).trim() });
  }

  render() {
    const { info } = this;
    return html`<div class="page library"><h1 tabindex="-1">${info?.location ? fileName(info.location) : "Library"}</h1>
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
      ${info ? this.#contents(info) : nothing}
      <div class="columns"><div>${this.#changing(info)}${this.#jobs()}</div><div>${this.#spaceCards()}</div></div></div>`;
  }

  /** @param {any} info */
  #contents(info) {
    const modalities = Object.entries(info.modalities ?? {});
    return html`<ul class="figures"><li><b>${count(info.files)}</b><span>files</span></li>
      ${modalities.map(([modality, number]) => html`<li><b>${count(Number(number))}</b><span>${modalityName(modality).toLowerCase()}</span></li>`)}
      <li><b>${count(info.spans)}</b><span>spans</span></li>${info.regions ? html`<li><b>${count(info.regions)}</b><span>regions</span></li>` : nothing}</ul>
      ${info.location ? html`<p class="hush" dir="auto"><bdi>${info.location}</bdi></p>` : nothing}`;
  }

  /** @param {any} info */
  #changing(info) {
    if (info?.read_only) return html`<p class="notice">This service only reads the library.</p>`;
    const roots = /** @type {string[]} */ (info?.roots ?? []);
    return html`<section class="panel" data-takes-files @dragover=${(/** @type {Event} */ event) => event.preventDefault()} @drop=${this.#dropped}><h2>Add and remove</h2>
      <form class="path-form" @submit=${this.#changeFiles}><label>Folder or file<input name="path" required list="roots" dir="auto" placeholder=${roots[0] ?? "/home/me/Pictures"} /></label>
        <datalist id="roots">${roots.map((root) => html`<option value=${root}></option>`)}</datalist>
        <button class="primary" value="add">${icon("plus")}Add</button><button value="remove">Remove</button></form>
      ${roots.length ? html`<p class="from-here"><label class="button">${icon("attach")}Files of this device<input class="unseen" type="file" multiple accept=${ACCEPTED} @change=${this.#chosen} /></label>
        <span class="hush">are copied to ${roots.length > 1 ? html`<select aria-label="Folder of the copies" dir="auto">${roots.map((root) => html`<option value=${root}>${root}/uploads</option>`)}</select>` : html`<bdi dir="auto">${roots[0]}/uploads</bdi>`}; or drop them here</span>${this.sending ? html`<span class="spinner" role="status" aria-label="Sending"></span>` : nothing}</p>` : nothing}
      <div class="job-kinds">${Object.entries(KINDS).map(([kind, name]) => html`<button @click=${() => this.#start(kind, {})}>${name}</button>`)}
        <form class="annotate" @submit=${this.#annotate}><label class="unseen" for="annotator">Annotator</label><input id="annotator" name="annotator" required list="annotators" placeholder="annotator" autocomplete="off" />
          <datalist id="annotators">${ANNOTATORS.map((name) => html`<option value=${name}></option>`)}</datalist><button>Annotate</button></form></div></section>`;
  }

  #jobs() {
    const { jobs } = liveJobs;
    return html`<section class="panel"><h2>Jobs</h2>${jobs.length ? html`<ul class="jobs">${jobs.map((job) => this.#job(job))}</ul>` : html`<p class="hush">Nothing is being done.</p>`}</section>`;
  }

  /** @param {Job} job */
  #job(job) {
    const isOpen = job.state === "queued" || job.state === "running";
    const targets = targetsOf(job);
    return html`<li class=${`job ${job.state}`}><div class="job-head"><b>${jobName(job.kind)}</b><span class="what" dir="auto"><bdi>${targets}</bdi></span><span class="state">${STATES[job.state] ?? job.state}</span>
      ${isOpen ? html`<button class="link" @click=${() => this.#cancel(job)}>Cancel<span class="unseen"> ${jobName(job.kind)} ${targets}</span></button>` : nothing}</div>
      ${job.state === "running" ? html`<progress max=${job.total || 1} .value=${job.total ? job.done : 0} aria-label=${`${jobName(job.kind)}: progress`}></progress>
        <p class="hush now"><span>${count(job.done)}${job.total ? ` of ${count(job.total)}` : ""}</span> <bdi dir="auto">${job.current ? fileName(job.current) : ""}</bdi></p>` : nothing}
      ${job.reason ? html`<p class="reason" dir="auto">${job.reason}</p>` : nothing}${job.state === "done" && job.summary ? html`<p class="hush">${Object.entries(job.summary).filter(([, value]) => typeof value === "number" && value).map(([key, value]) => `${title(key).toLowerCase()} ${count(Number(value))}`).join(" · ")}</p>` : nothing}
      ${job.failed?.length ? html`<details><summary>${counted(job.failed.length, "file")} could not be read</summary><ul>${job.failed.map(({ path, reason }) => html`<li><bdi dir="auto">${path}</bdi><span class="hush">${reason}</span></li>`)}</ul></details>` : nothing}</li>`;
  }

  /** @param {Job} job */
  async #cancel(job) {
    await api.cancelJob(job.id).catch((/** @type {Error} */ error) => toast.tell(error.message, { isProblem: true }));
    await liveJobs.load();
  }

  #spaceCards() {
    return html`<section class="panel"><h2>Spaces</h2><div class="spaces">${this.spaces.map((space) => html`<article class="space"><h3>${space.space}</h3>
        <p class="hush">${counted(space.count, "descriptor")} · ${space.kind === "sparse" ? "" : `${count(space.dim)} dimensions · `}${space.kind}, ${space.metric}</p>
        ${space.encoders.map((encoder) => html`<details><summary>${valueInWords(encoder.encoder ?? encoder.spec ?? encoder.name ?? "Encoder")}</summary><dl class="facts">${Object.entries(encoder).filter(([, value]) => valueInWords(value)).map(([key, value]) => html`<div><dt>${title(key)}</dt><dd dir="auto"><bdi>${valueInWords(value)}</bdi></dd></div>`)}</dl></details>`)}</article>`)}</div></section>`;
  }
}

/** @param {Job} job */
function targetsOf({ params }) {
  if (Array.isArray(params.ids) && params.ids.length) return counted(params.ids.length, "file");
  if (Array.isArray(params.uploads) && params.uploads.length) return counted(params.uploads.length, "upload");
  return valueInWords(params.paths ?? params.annotator ?? "");
}

/** @param {string} kind */
const jobName = (kind) => /** @type {Record<string, string>} */ (KINDS)[kind] ?? title(kind);

customElements.define("sx-library", LibraryView);
