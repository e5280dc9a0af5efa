/** Recording from the microphone: a file to ask with. */

/** Seconds, at most. */
const LONGEST = 30;

export class Recorder {
  static isAvailable = "MediaRecorder" in window && Boolean(navigator.mediaDevices);

  /** @param {(seconds: number) => void} tell Called while it records. */
  constructor(tell) {
    this.tell = tell;
    this.timer = 0;
  }

  async start() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } }).catch(() => {
      throw new Error("The microphone cannot be used: allow it for this page in the browser, or ask with a file.");
    });
    this.recorder = new MediaRecorder(stream);
    /** @type {Blob[]} */
    this.pieces = [];
    this.recorder.ondataavailable = ({ data }) => this.pieces?.push(data);
    this.recorder.start();
    const begun = performance.now();
    this.tell(0);
    this.timer = window.setInterval(() => {
      const seconds = (performance.now() - begun) / 1000;
      this.tell(Math.min(seconds, LONGEST));
      if (seconds >= LONGEST && this.recorder?.state === "recording") this.recorder.pause();
    }, 250);
  }

  /** @returns {Promise<File>} */
  async stop() {
    clearInterval(this.timer);
    const { recorder } = this;
    if (!recorder) throw new Error("Nothing was recorded.");
    const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
    recorder.stop();
    await stopped;
    for (const track of recorder.stream.getTracks()) track.stop();
    const type = recorder.mimeType.split(";")[0];
    return new File(this.pieces ?? [], "recording", { type });
  }
}
