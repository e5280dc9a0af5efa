/**
 * Uploads that are kept in the library: whether the service may do that, and what has come of each.
 *
 * @import {Job} from "./types.js"
 */
import { api } from "./api.js";
import { liveJobs } from "./jobs.js";
import { send } from "./question-files.js";
import { store } from "./store.js";
import { toast } from "./toast.js";
import { counted } from "./words.js";

/** @typedef {{upload: string, path: string, id: string | null}} Kept */

class Keeping extends EventTarget {
  constructor() {
    super();
    /** Whether the service has a folder for what is kept; not known before it was asked. */
    this.isAllowed = false;
    this.isAsked = false;
    /** @type {Map<string, "coming" | "kept">} By the id of the upload. */
    this.states = new Map();
    /** @type {Map<string, string>} Names of what each job keeps. */
    this.jobs = new Map();
    liveJobs.addEventListener("change", () => this.#follow());
  }

  /** Learn whether anything may be kept here. */
  async ask() {
    if (this.isAsked) return;
    this.isAsked = true;
    try {
      const { read_only: isReadOnly, roots } = await api.info();
      this.isAllowed = !isReadOnly && roots.length > 0;
      this.#tell();
    } catch {
      this.isAsked = false; // The question itself tells what is wrong; it is asked again with the next chip.
    }
  }

  /**
   * Queue a job that keeps uploads.
   * @param {string[]} ids
   * @param {string} name Of what is kept, for people.
   * @param {string} [into] A root of the service; by default the first.
   */
  async keep(ids, name, into = "") {
    for (const id of ids) this.states.set(id, "coming");
    this.#tell();
    try {
      const job = /** @type {Job} */ (await api.startJob("add", { uploads: ids, into }));
      this.jobs.set(job.id, name);
      await liveJobs.load();
    } catch (error) {
      for (const id of ids) this.states.delete(id);
      this.#tell();
      toast.tell(/** @type {Error} */ (error).message, { isProblem: true });
    }
  }

  /**
   * Send files of this device, and have them kept.
   * @param {File[]} files
   * @param {string} [into] As `keep` takes it.
   */
  async send(files, into = "") {
    const ids = [];
    for (const file of files) {
      try {
        ids.push((await send(file)).id);
      } catch (error) {
        toast.tell(`${file.name}: ${/** @type {Error} */ (error).message}`, { isProblem: true });
      }
    }
    if (ids.length) await this.keep(ids, files.length === 1 ? files[0].name : counted(ids.length, "file"), into);
  }

  #follow() {
    for (const job of liveJobs.jobs) {
      const name = this.jobs.get(job.id);
      if (name === undefined || job.state === "queued" || job.state === "running") continue;
      this.jobs.delete(job.id);
      this.#finish(job, name);
    }
  }

  /** @param {Job} job @param {string} name */
  #finish(job, name) {
    const kept = /** @type {Kept[]} */ (job.summary?.kept ?? []).filter((one) => one.id !== null);
    for (const id of /** @type {string[]} */ (job.params.uploads)) this.states.delete(id);
    for (const { upload } of kept) this.states.set(upload, "kept");
    this.#tell();
    const reason = job.reason || job.failed?.[0]?.reason;
    if (!kept.length) return toast.tell(`${name} was not kept${reason ? `: ${reason}` : "."}`, { isProblem: true });
    const open = { label: "Open", do: () => store.go({ show: "item", id: /** @type {string} */ (kept[0].id) }) };
    toast.tell(`${name} ${kept.length === 1 ? "is" : "are"} in the library now.`, { action: kept.length === 1 ? open : undefined });
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

export const keeping = new Keeping();
