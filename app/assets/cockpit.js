// Small help for the pages; each works without it too, only less smoothly.

// A link to another page of the cockpit opens within the session instead of loading everything anew.
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const hash = link.getAttribute("href") ?? "";
  if (hash.startsWith("#veld-")) {
    const field = document.querySelector(`.st-key-${CSS.escape(hash.slice(6))} :is(input, textarea)`);
    if (!field) return;
    event.preventDefault();
    field.closest("details:not([open]) > *")?.parentElement?.setAttribute("open", "");
    field.scrollIntoView({ block: "center" });
    field.focus();
    return;
  }
  if (!link.hasAttribute("data-inside") || link.origin !== location.origin) return;
  event.preventDefault();
  if (link.href !== location.href) history.pushState({}, "", link.href);
  dispatchEvent(new PopStateEvent("popstate", { state: {} }));
  document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
});

// Streamlit cannot tie a sentence to a field: a screen reader would not say what is wrong with the field it is in.
const WORDS = {
  nl: {
    skip: "Naar de inhoud",
    choose: "Kies een bestand",
    limit: "CSV, hoogstens 256 kB",
    other: "Kies een ander bestand",
    remove: "Verwijder het bestand",
    refused: "Dit bestand kan niet. Kies een CSV-bestand van hoogstens 256 kB.",
  },
  en: {
    skip: "Skip to main content",
    choose: "Choose a file",
    limit: "CSV, at most 256 kB",
    other: "Choose another file",
    remove: "Remove the file",
    refused: "This file will not do. Choose a CSV file of at most 256 kB.",
  },
};
const say = (element, words) => {
  if (element && element.textContent !== words) element.textContent = words;
};
const name = (element, words) => {
  if (element && element.getAttribute("aria-label") !== words) element.setAttribute("aria-label", words);
};
const translate = () => {
  const words = WORDS[document.documentElement.lang] ?? WORDS.en;
  say(document.querySelector('a[href="#stMain"]'), words.skip);
  for (const field of document.querySelectorAll('[data-testid="stFileUploader"]')) {
    const find = (id) => field.querySelector(`[data-testid="${id}"]`);
    const label = find("stWidgetLabel")?.textContent ?? "";
    say(field.querySelector('[data-testid="stBaseButton-secondary"] p'), words.choose);
    name(find("stBaseButton-secondary"), `${words.choose}: ${label}`);
    name(find("stFileUploaderDropzoneInput"), label);
    say(field.querySelector('[data-testid="stFileUploaderDropzoneInstructions"] span'), words.limit);
    name(find("stBaseButton-borderlessIcon"), words.other);
    name(find("stFileChipDeleteBtn")?.querySelector("button"), words.remove);
    say(find("stFileChip")?.querySelector('[role="alert"]'), words.refused);
  }
};
const tie = () => {
  const wrong = new Set();
  for (const sentence of document.querySelectorAll(".field-error[data-field]")) {
    const field = document.querySelector(`.st-key-${CSS.escape(sentence.dataset.field)} :is(input, textarea)`);
    if (!field) continue;
    wrong.add(field);
    if (field.getAttribute("aria-describedby") !== sentence.id) {
      field.setAttribute("aria-describedby", sentence.id);
      field.setAttribute("aria-invalid", "true");
    }
  }
  for (const field of document.querySelectorAll('[aria-describedby^="fout-"]')) {
    if (wrong.has(field)) continue;
    field.removeAttribute("aria-describedby");
    field.removeAttribute("aria-invalid");
  }
};
// The list of what is wrong, or the answer, stands at the top, while the button that was pressed is below.
let shown = null;
const lead = () => {
  const list = document.querySelector(".errors, .answer");
  if (list?.textContent === shown) return;
  shown = list?.textContent ?? null;
  if (!list) return;
  list.tabIndex = -1;
  list.scrollIntoView({ block: "start" });
  list.focus({ preventScroll: true });
};

let waiting = false;
new MutationObserver(() => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    translate();
    tie();
    lead();
  });
}).observe(document.documentElement, { childList: true, subtree: true });
