/* Keeps a campaign's page true from second to second; stops when nothing moves or nobody looks. */
(function () {
  "use strict";

  const EVERY = 1000; // ms
  const AFTER_FAILURE = 5000;
  const panel = document.getElementById("campaign-live");
  if (!panel) return;

  let timer = null;
  let newest = 0;

  const find = (name) => panel.querySelector(`[data-live="${name}"]`);
  const say = (name, text) => { const at = find(name); if (at && at.textContent !== text) at.textContent = text; };
  const show = (name, wanted) => document.querySelectorAll(`[data-show="${name}"]`).forEach((at) => { at.hidden = !wanted; });

  function make(tag, name, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function svgBar(share, colour) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "0 0 100 12");
    svg.setAttribute("preserveAspectRatio", "none");
    const rect = document.createElementNS(space, "rect");
    rect.setAttribute("width", Math.max(share * 100, 0.5));
    rect.setAttribute("height", "12");
    rect.setAttribute("class", colour);
    svg.append(rect);
    return svg;
  }

  function drawBar(now) {
    const bar = find("bar");
    for (const part of now.parts) {
      let piece = bar.querySelector(`.part-${part.name}`);
      if (!piece) { piece = make("span", `part-${part.name}`); bar.append(piece); }
      piece.style.width = `${part.share * 100}%`;
      piece.title = `${part.words}: ${part.count}`;
      say(`count-${part.name}`, part.count);
    }
    bar.setAttribute("aria-valuenow", now.percent);
    bar.setAttribute("aria-valuetext", `${now.ended} of ${now.total} ended`);
  }

  function drawCauses(now) {
    const chart = find("causes");
    chart.replaceChildren(...now.causes.map((cause) => {
      const row = make("div");
      row.append(make("span", "office-label", cause.name), svgBar(cause.share, cause.colour), make("span", "office-number", cause.count));
      return row;
    }));
    show("no-causes", now.causes.length === 0);
  }

  function drawList(name, texts) {
    find(name).replaceChildren(...texts.map((text) => make("li", "", text)));
    show(name, texts.length > 0);
  }

  function cell(label, ...content) {
    const made = make("td");
    made.dataset.label = label;
    made.append(...content);
    return made;
  }

  function drawLatest(now) {
    const body = find("latest");
    if (!body) return;
    const highest = now.latest.length ? now.latest[0].id : 0;
    const fresh = now.latest.filter((attempt) => attempt.id > newest).length;
    const mark = newest > 0 && fresh < now.latest.length / 2; // at a high rate everything is new
    body.replaceChildren(...now.latest.map((attempt) => {
      const row = make("tr", mark && attempt.id > newest ? "office-new" : "");
      const link = make("a", "office-link", attempt.to);
      link.href = attempt.url;
      const time = cell("when", attempt.at);
      time.classList.add("office-number");
      row.append(
        cell("to", link), cell("number", attempt.number), cell("outcome", make("span", `office-badge ${attempt.colour}`, attempt.outcome)),
        cell("carrier says", attempt.words), cell("provider", attempt.provider), time,
      );
      return row;
    }));
    newest = highest;
    show("no-latest", now.latest.length === 0);
  }

  function draw(now) {
    panel.dataset.status = now.status;
    const state = find("state");
    state.textContent = now.state;
    state.className = `office-badge ${now.colour}`;
    for (const name of ["story", "total", "ended", "attempts", "expected_end", "time_left", "took"]) say(name, now[name]);
    say("percent", `${now.percent} %`);
    say("rate-now", now.rate.now);
    say("rate-asked", now.rate.asked);
    find("rate-bar").replaceChildren(svgBar(now.rate.share, "info"));
    show("rate", now.at_work);
    show("end", now.expected_end !== "");
    show("took", now.took !== "");
    show("begun", now.total !== "0");
    show("may-start", now.may_start);
    show("may-stop", now.may_stop);
    drawBar(now);
    drawCauses(now);
    drawLatest(now);
    find("moves").replaceChildren(...now.moves.map((move) => {
      const line = make("li");
      line.append(make("span", "office-number", move.at), " ", move.words);
      return line;
    }));
    drawList("why", now.why);
    drawList("left-out", now.left_out.map((each) => `${each.count}: ${each.reason}`));
  }

  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  }

  async function ask() {
    if (document.hidden) return;
    try {
      const answer = await fetch(panel.dataset.url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (answer.redirected || answer.status === 403 || answer.status === 404) {
        say("trouble", "You are signed out, or this campaign is gone. Load the page again.");
        show("trouble", true);
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const now = await answer.json();
      show("trouble", false);
      draw(now);
      if (now.at_work) later(EVERY);
    } catch (error) {
      say("trouble", "The figures stand still: the server does not answer. Trying again.");
      show("trouble", true);
      later(AFTER_FAILURE);
    }
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });

  const first = JSON.parse(document.getElementById("campaign-now").textContent);
  draw(first);
  if (first.at_work) later(EVERY);
})();
