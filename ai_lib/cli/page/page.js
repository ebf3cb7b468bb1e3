import { make, writeCopyable, writeMarkdown } from "./markdown.js";

const byId = (id) => document.getElementById(id);
const page = byId("page"), text = byId("text"), send = byId("send");
let models = new Map(), turns = [[], []], images = [], running = null, isFollowing = true;

// One answer on the page; `take` shows one line of what the server says.
class Answer {
  constructor(parent, name) {
    this.box = make(parent, "div", "turn assistant writing");
    make(this.box, "div", "by", name);
    this.text = "";
    this.calls = new Map();
    this.part = this.thought = this.code = null;
    this.requests = [];
    this.frames = [];
    this.isComplete = false;
  }
  take(line) {
    this[`take_${line.kind}`]?.(line);
  }
  take_text(line) {
    this.part ??= { place: make(this.box, "div", "text"), text: "" };
    this.part.text += line.text;
    this.text += line.text;
    writeMarkdown(this.part.place, this.part.text);
  }
  take_thinking(line) {
    if (!this.thought) {
      const folded = make(this.box, "details", "thinking");
      make(folded, "summary", "", "Thinking");
      this.thought = make(folded, "div");
    }
    this.thought.append(line.text);
  }
  take_call(line) {
    const tool = make(this.box, "div", "tool");
    make(make(tool, "div", "call"), "code", "", `${line.name}(${JSON.stringify(line.arguments)})`);
    this.calls.set(line.id, tool);
  }
  take_result(line) {
    const tool = this.calls.get(line.id) ?? make(this.box, "div", "tool");
    make(make(tool, "div", line.failed ? "result failed" : "result"), "code", "", line.text);
  }
  take_round() {
    this.part = this.thought = null;
  }
  take_error(line) {
    this.isComplete = true;
    make(this.box, "div", "error", line.text);
  }
  take_code(line) {
    this.code = line;
  }
  take_request(line) {
    const headers = line.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
    let body = line.body;
    try { body = JSON.stringify(JSON.parse(body), null, 2); } catch { /* a form */ }
    this.requests.push(`${line.method} ${line.url}\n${headers}\n\n${body}`);
    this.frames.push({ at: 0, text: `# ${line.method} ${line.url}` });
  }
  take_head(line) {
    this.frames.push({ at: line.at, text: `# status ${line.status}` });
  }
  take_frame(line) {
    this.frames.push(line);
  }
  take_end(line) {
    this.isComplete = true;
    const adapted = line.adaptations.length ? ` · adapted: ${line.adaptations.join("; ")}` : "";
    this.figures = [line.figures, line.finish].filter(Boolean).join(" · ") + adapted;
  }
  end(reason) {
    this.box.classList.remove("writing");
    if (!this.box.querySelector(".text, .error, .tool") && !reason) reason = "the answer is empty";
    make(this.box, "div", "figures", [this.figures, reason].filter(Boolean).join(" · "));
    const more = make(this.box, "div", "more");
    if (this.requests.length) fold(more, "What was sent", (body) => {
      for (const request of this.requests) writeCopyable(body, request);
    });
    if (this.frames.length) fold(more, "Raw frames", (body) => this.writeFrames(body));
    if (this.code) fold(more, "As code", (body) => {
      for (const [name, title] of [["async", "Python, async"], ["blocking", "Python, blocking"], ["curl", "curl"]]) {
        if (!this.code[name]) continue;
        make(body, "div", "by", title);
        writeCopyable(body, this.code[name]);
      }
    });
  }
  writeFrames(body) {
    const raw = make(body, "pre", "raw");
    for (const frame of this.frames) {
      make(raw, "b", "", `${frame.at} ms `);
      raw.append(`${frame.text.replace(/\n+$/, "")}\n`);
    }
  }
}

// A part that is written when it is opened for the first time.
function fold(parent, title, write) {
  const details = make(parent, "details");
  make(details, "summary", "", title);
  details.addEventListener("toggle", () => write(make(details, "div")), { once: true });
}

async function* readLines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const part of parts) if (part) yield JSON.parse(part);
  }
}

function numberOf(id) {
  return byId(id).value === "" ? null : Number(byId(id).value);
}

async function askOne(answer, model, question, history, signal) {
  let reason = "the answer broke off";
  try {
    const response = await fetch("ask", {
      method: "POST",
      headers: { "content-type": "application/json" },
      signal,
      body: JSON.stringify({
        ...question,
        model: model.name,
        source: model.source,
        turns: [...history, ...question.turns],
        tools: model.tools && question.tools,
        thinking: model.thinking ? question.thinking : "",
      }),
    });
    if (!response.ok) throw new Error(await response.text());
    for await (const line of readLines(response.body)) {
      answer.take(line);
      follow();
    }
    if (answer.isComplete) reason = "";
  } catch (error) {
    reason = signal.aborted ? "cancelled" : String(error.message || error);
  }
  answer.end(reason);
  if (answer.text) history.push(...question.turns, { role: "assistant", text: answer.text, images: [] });
}

async function ask(words, recording) {
  byId("hint").hidden = true;
  byId("settings").open = false;
  const sent = images;
  const shown = make(page, "div", "turn user");
  for (const url of sent) make(shown, "img").src = url;
  shown.append(words);
  const question = {
    turns: [{ role: "user", text: words, images: sent }],
    system: byId("system").value.trim(),
    tools: byId("tools").checked,
    thinking: byId("thinking").value,
    temperature: numberOf("temperature"),
    max_tokens: numberOf("max-tokens"),
  };
  images = [];
  showImages();
  const chosen = recording
    ? [{ name: recording.model, title: `${recording.model} (recorded)`, source: "recording" }]
    : isComparing() ? [chosenModel("model"), chosenModel("second")] : [chosenModel("model")];
  if (recording) question.recording = recording.index;
  const answers = make(page, "div", chosen.length > 1 ? "answers two" : "answers");
  running = new AbortController();
  setBusy(true);
  isFollowing = true;
  follow();
  const shownAnswers = chosen.map((model) => new Answer(answers, model.title));
  await Promise.all(chosen.map((model, index) => askOne(shownAnswers[index], model, question, recording ? [] : turns[index], running.signal)));
  running = null;
  setBusy(false);
  byId("status").textContent = shownAnswers.map((answer) => answer.text || answer.box.textContent).join("\n");
  follow();
}

function follow() {
  if (isFollowing) page.scrollTop = page.scrollHeight;
}

function setBusy(isBusy) {
  send.textContent = isBusy ? "Stop" : "Send";
  send.classList.toggle("stop", isBusy);
  page.setAttribute("aria-busy", String(isBusy));
  if (isBusy) byId("status").textContent = "Waiting for the answer";
  else if (!matchMedia("(pointer: coarse)").matches) text.focus();
}

function submit(words) {
  if (running) return running.abort();
  if (!words.trim()) return undefined;
  text.value = "";
  grow();
  return ask(words.trim());
}

function grow() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}

const isComparing = () => byId("compare").getAttribute("aria-pressed") === "true";
const chosenModel = (id) => models.get(byId(id).value);

function showSwitches() {
  const chosen = isComparing() ? [chosenModel("model"), chosenModel("second")] : [chosenModel("model")];
  const can = (ability) => chosen.some((model) => model?.[ability]);
  byId("tools-switch").hidden = !can("tools");
  byId("thinking-switch").hidden = !can("thinking");
  byId("attach").hidden = !can("images");
  for (const button of document.querySelectorAll("[data-mock]")) button.hidden = chosen.some((model) => model?.source !== "mock");
  byId("price").textContent = chosen.map(describePrice).filter(Boolean).join(" ");
}

function describePrice(model) {
  if (!model) return "";
  const costs = model.source === "mock" ? " The mock provider answers: nothing is spent." : " Answers cost money.";
  if (!model.prices) return `${model.name}: its prices are not known here.${costs}`;
  const [input, output, currency] = model.prices;
  return `${model.name}: ${input} in and ${output} out for a million tokens, in ${currency}.${costs}`;
}

async function addImages(files) {
  for (const file of files) {
    if (!file.type.startsWith("image/")) continue;
    const url = await new Promise((done) => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result);
      reader.onerror = () => done("");
      reader.readAsDataURL(file);
    });
    if (url) images.push(url);
  }
  showImages();
}

function showImages() {
  const shelf = byId("images");
  shelf.replaceChildren();
  shelf.hidden = !images.length;
  images.forEach((url, index) => {
    const button = make(shelf, "button");
    button.type = "button";
    button.title = "Remove this picture";
    button.setAttribute("aria-label", `Remove picture ${index + 1}`);
    make(button, "img").src = url;
    button.addEventListener("click", () => { images.splice(index, 1); showImages(); });
  });
}

function listModels(sources) {
  for (const select of [byId("model"), byId("second")]) {
    for (const { source, provider, models: listed } of sources) {
      const label = source === "real" ? provider : `mock: ${provider}`;
      const group = make(select, "optgroup");
      group.label = source === "real" ? `${label} (your key)` : label;
      for (const model of listed) {
        const name = `${provider}/${model.name}`;
        const title = source === "real" ? name : `mock: ${name}`;
        models.set(`${source} ${name}`, { ...model, name, source, title });
        group.append(new Option(title, `${source} ${name}`));
      }
    }
  }
}

function chooseFirst(sources) {
  const wanted = new URLSearchParams(location.search);
  const keys = [...models.keys()];
  const named = keys.find((key) => key.split(" ")[1] === wanted.get("model"));
  // Nothing is spent by a click on a page that was only opened.
  const mocked = keys.filter((key) => key.startsWith("mock "));
  byId("model").value = named ?? mocked.find((key) => models.get(key).thinking && models.get(key).images) ?? mocked[0];
  byId("second").value = keys.find((key) => key.startsWith("real ")) ?? mocked.find((key) => !key.startsWith(byId("model").value.split("/")[0])) ?? mocked[0];
  const real = sources.filter(({ source }) => source === "real").map(({ provider }) => provider);
  byId("welcome").textContent = real.length
    ? `Keys were found for ${real.join(", ")}: their answers cost what they cost. "mock" is a provider on this machine that needs no key and costs nothing.`
    : "The mock provider on this machine answers, in the dialect of whichever provider you choose: no key, no cost. Providers whose keys are found are listed, too.";
}

function listRecordings(recordings) {
  byId("recordings").hidden = !recordings.length;
  byId("examples").hidden = recordings.length > 0;
  for (const recording of recordings) {
    const button = make(byId("recordings"), "button", "recording", `${recording.model}: ${recording.question || "a recorded answer"}`);
    button.type = "button";
    button.addEventListener("click", () => { if (!running) ask(recording.question, recording); });
  }
}

byId("form").addEventListener("submit", (event) => { event.preventDefault(); submit(text.value); });
for (const id of ["model", "second"]) byId(id).addEventListener("change", showSwitches);
byId("compare").addEventListener("click", () => {
  const pressed = !isComparing();
  byId("compare").setAttribute("aria-pressed", String(pressed));
  byId("second-pick").hidden = !pressed;
  turns[1] = [...turns[0]];
  showSwitches();
});
byId("clear").addEventListener("click", () => {
  running?.abort();
  turns = [[], []];
  page.querySelectorAll(".turn, .answers").forEach((turn) => turn.remove());
  byId("hint").hidden = false;
  text.focus();
});
byId("examples").addEventListener("click", (event) => {
  if (event.target.tagName !== "BUTTON" || running) return;
  if (event.target.dataset.tools && chosenModel("model").tools) byId("tools").checked = true;
  submit(event.target.textContent);
});
byId("file").addEventListener("change", (event) => { addImages(event.target.files); event.target.value = ""; });
document.addEventListener("click", (event) => {
  if (!byId("settings").contains(event.target)) byId("settings").open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (byId("settings").open) byId("settings").open = false;
  else running?.abort();
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    page.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && !byId("attach").hidden) addImages(event.dataTransfer.files);
  });
}
text.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length && !byId("attach").hidden) addImages(event.clipboardData.files);
});
text.addEventListener("input", grow);
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!running) submit(text.value);
});
page.addEventListener("scroll", () => {
  isFollowing = page.scrollHeight - page.scrollTop - page.clientHeight < 60;
});

const listed = await (await fetch("models")).json();
listModels(listed.sources);
listRecordings(listed.recordings);
chooseFirst(listed.sources);
showSwitches();
document.body.dataset.ready = "yes";
