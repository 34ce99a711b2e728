// Search, the side list, and the forms that try a function. The credentials are read when a call is made and kept nowhere.
"use strict";

const byId = (id) => document.getElementById(id);
const articles = [...document.querySelectorAll("article")];
const nav = byId("nav");
const links = new Map([...nav.querySelectorAll("[data-of]")].map((link) => [link.dataset.of, link]));

function openMenu(isOpen) {
  nav.classList.toggle("open", isOpen);
  byId("menu").setAttribute("aria-expanded", String(isOpen));
}

function show(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const article of articles) {
    const fits = words.every((word) => article.dataset.words.includes(word));
    article.hidden = !fits;
    links.get(article.id).hidden = !fits;
    found += fits;
  }
  for (const part of document.querySelectorAll("[data-entity]")) {
    part.hidden = ![...part.querySelectorAll("article, [data-of]")].some((each) => !each.hidden);
    if (part.parentNode === nav) part.open = words.length > 0 && !part.hidden;
  }
  for (const intro of document.querySelectorAll(".intro")) intro.hidden = words.length > 0;
  byId("nothing").hidden = found > 0;
}

function mark() {
  const id = decodeURIComponent(location.hash.slice(1));
  for (const link of nav.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
  const link = links.get(id);
  openMenu(false);
  if (!link) return;
  link.setAttribute("aria-current", "true");
  link.closest("details").open = true;
  if (byId(id).hidden) {
    byId("search").value = "";
    show("");
    byId(id).scrollIntoView();
  }
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function bodyOf(form) {
  const body = new URLSearchParams({ a: form.dataset.function, APIID: byId("apiid").value.trim(), APIKey: byId("apikey").value.trim() });
  for (const field of form.querySelectorAll("[name]")) if (field.value !== "") body.set(field.name, field.value);
  for (const box of form.querySelectorAll("[data-blank]:checked")) body.set(box.dataset.blank, "");
  return body;
}

function needsCredentials(output) {
  const missing = [byId("apiid"), byId("apikey")].find((field) => !field.value.trim());
  if (!missing) return false;
  output.replaceChildren(element("p", "Type your APIID and APIKey first.", "bad"));
  missing.focus();
  return true;
}

async function call(form, output) {
  const began = performance.now();
  const answer = await fetch(form.getAttribute("action"), {
    method: "POST", body: bodyOf(form), credentials: "omit", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
  });
  const text = await answer.text();
  const took = Math.round(performance.now() - began);
  let shown = text, isGood = false, words = "";
  try {
    const envelope = JSON.parse(text);
    shown = JSON.stringify(envelope, null, 2);
    isGood = envelope.status === "success";
    words = isGood ? envelope.result : `error ${envelope.error}: ${envelope.message}`;
  } catch { words = "the answer is no JSON"; }
  const line = element("p", "", "");
  line.append(element("span", words, isGood ? "good" : "bad"), ` · HTTP ${answer.status} · ${took} ms`);
  const pre = element("pre", shown);
  pre.tabIndex = 0;
  output.replaceChildren(line, pre);
}

async function submit(event) {
  const form = event.target.closest("form[data-function]");
  if (!form) { event.preventDefault(); return; }
  event.preventDefault();
  const output = form.parentNode.querySelector("output"), button = form.querySelector("button");
  if (needsCredentials(output)) return;
  if ("removes" in form.dataset && !confirm(`${form.dataset.function} removes something from your real account. Go on?`)) return;
  button.disabled = true;
  output.replaceChildren(element("p", "Calling …", "quiet"));
  try {
    await call(form, output);
  } catch {
    output.replaceChildren(element("p", "The server did not answer.", "bad"));
  } finally {
    button.disabled = false;
  }
}

function fill(form) {
  for (const field of form.querySelectorAll("[name]")) {
    if (field.required && !field.value) {
      field.value = field.tagName === "SELECT" ? field.options[1].value : field.placeholder;
    }
  }
}

byId("search").addEventListener("input", (event) => { show(event.target.value); window.scrollTo(0, 0); });
byId("search").addEventListener("keydown", (event) => {
  if (event.key === "Escape") { event.target.value = ""; show(""); }
  if (event.key === "Enter") { window.scrollTo(0, 0); openMenu(false); event.target.blur(); }
});
byId("all").addEventListener("click", () => { byId("search").value = ""; show(""); });
byId("menu").addEventListener("click", () => openMenu(!nav.classList.contains("open")));
nav.addEventListener("click", (event) => { if (event.target.closest("a")) openMenu(false); });
document.addEventListener("submit", submit);
document.addEventListener("click", (event) => { if ("fill" in event.target.dataset) fill(event.target.form); });
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) { event.preventDefault(); byId("search").focus(); }
});
window.addEventListener("hashchange", mark);
window.addEventListener("pagehide", () => { byId("apiid").value = byId("apikey").value = ""; });
mark();
