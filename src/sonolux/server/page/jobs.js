/**
 * Jobs of the service, live: by server-sent events while somebody looks at them.
 *
 * @import {Job} from "./types.js"
 */
import { api, eventsUrl } from "./api.js";

class LiveJobs extends EventTarget {
  constructor() {
    super();
    /** @type {Job[]} */
    this.jobs = [];
  }

  /** Whether one is at work. */
  get isBusy() {
    return this.jobs.some((job) => job.state === "running" || job.state === "queued");
  }

  async load() {
    this.jobs = (await api.jobs()).jobs;
    this.dispatchEvent(new Event("change"));
    this.#listen();
  }

  #listen() {
    if (this.source) return;
    this.source = new EventSource(eventsUrl);
    this.source.addEventListener("job", (event) => this.#take(JSON.parse(event.data)));
    this.source.addEventListener("library", () => this.dispatchEvent(new Event("library")));
  }

  /** @param {Job} job */
  #take(job) {
    const known = this.jobs.some((other) => other.id === job.id);
    this.jobs = known ? this.jobs.map((other) => (other.id === job.id ? { ...other, ...job } : other)) : [job, ...this.jobs];
    this.dispatchEvent(new Event("change"));
  }
}

export const liveJobs = new LiveJobs();
