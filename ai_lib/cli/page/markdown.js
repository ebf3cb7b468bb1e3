// Markdown as elements: what a model says is never read as HTML, and no address in it is loaded.

export function make(parent, tag, kind, content) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  if (content !== undefined) element.textContent = content;
  parent.append(element);
  return element;
}

export function writeMarkdown(parent, text) {
  parent.replaceChildren();
  const lines = text.split("\n");
  let index = 0;
  while (index < lines.length) index = writeBlock(parent, lines, index);
}

function writeBlock(parent, lines, start) {
  const line = lines[start];
  const fence = line.match(/^\s*(```+|~~~+)/);
  if (fence) return writeCode(parent, lines, start, fence[1]);
  if (!line.trim()) return start + 1;
  const heading = line.match(/^(#{1,6})\s+(.*)/);
  if (heading) {
    writeInline(make(parent, `h${Math.min(heading[1].length, 4)}`), heading[2]);
    return start + 1;
  }
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
    make(parent, "hr");
    return start + 1;
  }
  if (/^\s*([-*+]|\d+[.)])\s+/.test(line)) return writeList(parent, lines, start);
  if (/^\s*>/.test(line)) return writeQuote(parent, lines, start);
  if (/^\s*\|?[\s:|-]*-[\s:|-]*$/.test(lines[start + 1] ?? "") && line.includes("|")) return writeTable(parent, lines, start);
  return writeParagraph(parent, lines, start);
}

function writeCode(parent, lines, start, fence) {
  let end = start + 1;
  while (end < lines.length && !lines[end].trim().startsWith(fence)) end += 1;
  writeCopyable(parent, lines.slice(start + 1, end).join("\n"));
  return end + 1;
}

export function writeCopyable(parent, text) {
  const block = make(parent, "div", "block");
  make(make(block, "pre"), "code", "", text);
  const button = make(block, "button", "", "Copy");
  button.type = "button";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  return block;
}

function writeList(parent, lines, start) {
  const isOrdered = /^\s*\d/.test(lines[start]);
  const list = make(parent, isOrdered ? "ol" : "ul");
  if (isOrdered) list.start = parseInt(lines[start], 10) || 1;
  const indent = lines[start].match(/^\s*/)[0].length;
  let index = start;
  while (index < lines.length) {
    const item = lines[index].match(/^(\s*)([-*+]|\d+[.)])\s+(.*)/);
    if (!item || item[1].length < indent || /\d/.test(item[2]) !== isOrdered) break;
    const entry = make(list, "li");
    writeInline(entry, item[3]);
    index += 1;
    const inner = [];
    while (index < lines.length && lines[index].trim() && lines[index].match(/^\s*/)[0].length > indent) inner.push(lines[index++]);
    if (inner.length) {
      const depth = Math.min(...inner.map((line) => line.match(/^\s*/)[0].length));
      const nested = inner.map((line) => line.slice(depth));
      for (let at = 0; at < nested.length; ) at = writeBlock(entry, nested, at);
    }
  }
  return index;
}

function writeQuote(parent, lines, start) {
  let end = start;
  while (end < lines.length && /^\s*>/.test(lines[end])) end += 1;
  writeMarkdown(make(parent, "blockquote"), lines.slice(start, end).map((line) => line.replace(/^\s*>\s?/, "")).join("\n"));
  return end;
}

function writeTable(parent, lines, start) {
  const table = make(parent, "table");
  let end = start;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  lines.slice(start, end).forEach((line, number) => {
    if (number === 1) return;
    const row = make(table, "tr");
    const cells = line.trim().replace(/^\||\|$/g, "").split("|");
    for (const cell of cells) writeInline(make(row, number ? "td" : "th"), cell.trim());
  });
  return Math.max(end, start + 2);
}

function writeParagraph(parent, lines, start) {
  let end = start + 1;
  while (end < lines.length && lines[end].trim() && !/^\s*(#{1,6}\s|```|~~~|>|([-*+]|\d+[.)])\s)/.test(lines[end])) end += 1;
  const paragraph = make(parent, "p");
  lines.slice(start, end).forEach((line, number) => {
    if (number) make(paragraph, "br");
    writeInline(paragraph, line);
  });
  return end;
}

const INLINE = /(`+[^`]+`+|\*\*[^*]+\*\*|__[^_]+__|\*[^*\s][^*]*\*|\[[^\]]+\]\([^)\s]+\))/;

function writeInline(parent, text) {
  for (const piece of text.split(INLINE)) {
    if (/^`+[^`]+`+$/.test(piece)) make(parent, "code", "", piece.replace(/^`+|`+$/g, ""));
    else if (/^(\*\*|__).+\1$/.test(piece)) make(parent, "strong", "", piece.slice(2, -2));
    else if (/^\*[^*].*\*$/.test(piece)) make(parent, "em", "", piece.slice(1, -1));
    else if (/^\[[^\]]+\]\(/.test(piece)) writeLink(parent, piece);
    else parent.append(piece);
  }
}

function writeLink(parent, piece) {
  const [, words, address] = piece.match(/^\[([^\]]+)\]\(([^)\s]+)\)$/);
  if (!/^https?:/.test(address)) return parent.append(words);
  const link = make(parent, "a", "", words);
  link.href = address;
  link.rel = "noreferrer noopener";
  link.target = "_blank";
  link.title = address;
  return link;
}
