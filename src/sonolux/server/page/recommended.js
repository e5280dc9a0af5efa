/**
 * What is recommended, or offered to begin with, as a ranking that `sx-results` shows: each hit says why.
 *
 * @import {Example, Hit, Item, Question, Why} from "./types.js"
 * @import {Opinion} from "./opinions.js"
 */
import { opinions } from "./opinions.js";
import { asHit, Ranking } from "./ranking.js";
import { fileName } from "./words.js";

export class Recommended extends Ranking {
  /** @param {Question} question @param {Hit[]} hits @param {Example[]} examples */
  constructor(question, hits, examples = []) {
    super(question, { ranking: "", total: hits.length, complete: true, sure: hits.length, hits, spaces: [], seconds: 0 });
    this.examples = new Map(examples.map((example) => [example.id, example]));
  }

  /** @param {Question} question @param {Item[]} items */
  static toBeginWith(question, items) {
    return new Recommended(question, items.map(asHit));
  }

  get hits() {
    return this.windows.get(0) ?? [];
  }

  /**
   * What a card says and asks beside what every card does.
   * @param {Hit} hit
   * @returns {{because: string, opinion: Opinion | ""}}
   */
  beside(hit) {
    return { because: becauseOf(hit, this.examples), opinion: opinions.said.get(hit.file) ?? "" };
  }
}

/**
 * Why a hit is recommended, in words: "like Rain, by its sound".
 * @param {Hit} hit
 * @param {Map<string, Example>} examples
 */
export function becauseOf(hit, examples) {
  const why = hit.why?.find((one) => one.example && examples.has(one.example)) ?? hit.why?.[0];
  if (!why) return "";
  const example = examples.get(why.example ?? "");
  if (!example) return why.space === FACTORS ? "by what others play" : `by ${senseOf(why, hit)}`;
  return `like ${example.title || fileName(example.path)}, by ${senseOf(why, hit)}`;
}

/** The space of what people play together. */
const FACTORS = "factors";

const SENSES = { image: "its look", audio: "its sound", text: "its words", video: "its look" };

/** Spaces of sound; a film is both seen and heard. */
const HEARD = /mfcc|chroma|sound|audio|music|voice|clap|rhythm|timbre/u;
const READ = /bm25|sentence|words|language|text/u;

/** @param {Why} why @param {Hit} hit */
function senseOf({ space }, { modality }) {
  if (space === FACTORS) return "what others play";
  if (READ.test(space)) return "its words";
  return modality === "video" && HEARD.test(space) ? "its sound" : SENSES[modality];
}
