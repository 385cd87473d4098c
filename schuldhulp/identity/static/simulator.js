// Shortens the list of test persons while somebody types. Without it the list is simply long.
"use strict";
(() => {
  const field = document.getElementById("search-field");
  if (!field) return;
  const input = document.getElementById("search");
  const found = document.getElementById("found");
  const rows = Array.from(document.querySelectorAll(".people li"));
  const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const texts = rows.map((row) => plain(row.textContent));
  const show = () => {
    const words = plain(input.value).split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, index) => {
      row.hidden = !words.every((word) => texts[index].includes(word));
      if (!row.hidden) count += 1;
    });
    found.textContent = words.length ? `${count} ${found.dataset.word}` : "";
  };
  input.addEventListener("input", show);
  // Enter in a search field would choose the first person of the form, seen or not.
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  field.hidden = false;
})();
