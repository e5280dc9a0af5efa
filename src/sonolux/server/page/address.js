/**
 * The address of a question: ``?q=harbour&item=~-1~ID&where.modality=image&sort=date``, read and written.
 *
 * A part is a value of its kind (``q``, ``item``, ``upload``), in order; one that is not +1 begins with its weight
 * between tildes. Where somebody is beside the question: ``show`` a view, ``id`` and ``t`` an item and its second,
 * ``at`` the first hit on the screen, ``on`` the one with the focus; of what is recommended ``known``, whether what is
 * known comes too, and ``variety``; of the map its ``colour``.
 *
 * @import {Part, Question} from "./types.js"
 *
 * @typedef {"little" | "some" | "much"} Variety
 *
 * @typedef {object} Place
 * @property {"results" | "item" | "library" | "map" | "for-you"} show
 * @property {string} id
 * @property {number | null} second
 * @property {number} at
 * @property {number} on
 * @property {boolean} known
 * @property {Variety} variety
 * @property {string} colour A key of `COLOURINGS`.
 */

import { COLOURINGS } from "./map-colours.js";

/** @type {Record<string, Part["kind"]>} */
const KINDS = { q: "text", item: "item", upload: "upload" };
const KEYS = { text: "q", item: "item", upload: "upload" };
const VIEWS = new Set(["mixed", "image", "video", "audio", "text"]);
const SHOWS = new Set(["results", "item", "library", "map", "for-you"]);
const WEIGHTED = /^~(-?[\d.]+)~(.*)$/su;

/** @returns {Question} */
export const emptyQuestion = () => ({ parts: [], where: {}, sort: "rank", view: "mixed" });

/** @returns {Place} */
export const startPlace = () => ({ show: "results", id: "", second: null, at: 0, on: -1, known: false, variety: "some", colour: COLOURINGS[0][0] });

/**
 * @param {string} kind
 * @param {string} value
 * @returns {Part}
 */
function readPart(kind, value) {
  const weighted = WEIGHTED.exec(value);
  const weight = weighted ? Number(weighted[1]) || 1 : 1;
  return { kind: KINDS[kind], value: weighted ? weighted[2] : value, weight: Math.min(Math.abs(weight), 1000), minus: weight < 0 };
}

/** @param {Part} part */
function writePart({ value, weight, minus }) {
  return weight === 1 && !minus && !value.startsWith("~") ? value : `~${minus ? "-" : ""}${weight}~${value}`;
}

/** @param {string | null} text @param {number} otherwise */
const whole = (text, otherwise) => (text !== null && /^\d+$/u.test(text) ? Number(text) : otherwise);

/**
 * @param {string} search Of a location, with its question mark.
 * @returns {{question: Question, place: Place}}
 */
export function readAddress(search) {
  const question = emptyQuestion();
  const values = new URLSearchParams(search);
  for (const [key, value] of values) {
    if (KINDS[key] && value) question.parts.push(readPart(key, value));
    else if (key.startsWith("where.")) (question.where[key.slice(6)] ??= []).push(value);
  }
  const [sort, view, show, second] = [values.get("sort"), values.get("view"), values.get("show"), values.get("t")];
  if (sort === "date") question.sort = sort;
  if (view && VIEWS.has(view)) question.view = /** @type {Question["view"]} */ (view);
  const place = startPlace();
  if (show && SHOWS.has(show)) place.show = /** @type {Place["show"]} */ (show);
  place.id = values.get("id") ?? "";
  place.second = second !== null && Number.isFinite(Number(second)) ? Number(second) : null;
  place.at = whole(values.get("at"), 0);
  place.on = whole(values.get("on"), -1);
  place.known = values.get("known") === "1";
  const variety = values.get("variety");
  if (variety === "little" || variety === "much") place.variety = variety;
  const colour = values.get("colour");
  if (COLOURINGS.some(([key]) => key === colour)) place.colour = /** @type {string} */ (colour);
  if (place.show === "item" && !place.id) place.show = "results";
  return { question, place };
}

/**
 * The question alone: what two addresses of one question share.
 * @param {Question} question
 */
export function writeQuestion(question) {
  const values = new URLSearchParams();
  for (const part of question.parts) values.append(KEYS[part.kind], writePart(part));
  for (const [key, admitted] of Object.entries(question.where)) for (const value of admitted) values.append(`where.${key}`, value);
  if (question.sort !== "rank") values.set("sort", question.sort);
  if (question.view !== "mixed") values.set("view", question.view);
  return values;
}

/**
 * @param {Question} question
 * @param {Place} place
 */
export function writeAddress(question, place) {
  const values = writeQuestion(question);
  if (place.show !== "results") values.set("show", place.show);
  if (place.show === "item") values.set("id", place.id);
  if (place.show === "item" && place.second !== null) values.set("t", String(Number(place.second.toFixed(1))));
  if (place.show === "for-you" && place.known) values.set("known", "1");
  if (place.show === "for-you" && place.variety !== "some") values.set("variety", place.variety);
  if (place.show === "map" && place.colour !== COLOURINGS[0][0]) values.set("colour", place.colour);
  if (place.at > 0) values.set("at", String(place.at));
  if (place.on >= 0) values.set("on", String(place.on));
  const text = values.toString();
  return text ? `/?${text}` : "/";
}
