// Searching while typing, for lists; without it the same form is sent by its button. The address always tells the state.

const REST = 300;

for (const listing of document.querySelectorAll("[data-listing]")) {
  const form = listing.querySelector("form[data-live]");
  const status = listing.querySelector("[role=status]");
  const result = listing.querySelector("[data-part=result]");
  let rest;
  let running;

  const address = () => {
    const columns = [...form.querySelectorAll("[name=col]")];
    const usual = columns.every((box) => box.checked === ("usual" in box.dataset));
    const pairs = [...new FormData(form)].filter(([name, value]) => value.trim() !== "" && !(usual && name === "col"));
    const query = new URLSearchParams(pairs).toString();
    return form.getAttribute("action") + (query ? `?${query}` : "");
  };

  // The parts are replaced and the count is told anew; the form, the focus in it and the rest of the page stay.
  const show = async () => {
    clearTimeout(rest);
    running?.abort();
    running = new AbortController();
    const url = address();
    result.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(url, { signal: running.signal, headers: { Accept: "text/html" } });
      if (!response.ok || response.redirected) throw new Error(response.status);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      for (const part of listing.querySelectorAll("[data-part]")) {
        part.replaceChildren(...page.querySelector(`[data-part=${part.dataset.part}]`).childNodes);
      }
      status.textContent = page.querySelector("[data-listing] [role=status]").textContent;
      result.removeAttribute("aria-busy");
      history.replaceState(null, "", url);
      watch();
    } catch (error) {
      if (error.name !== "AbortError") location.assign(url);
    }
  };

  form?.addEventListener("input", (event) => {
    if (!event.target.matches("[type=search]")) return;
    clearTimeout(rest);
    rest = setTimeout(show, REST);
  });
  form?.addEventListener("change", (event) => {
    if (event.target.matches("select, [type=checkbox]")) show();
  });
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    location.assign(address());
  });

  // A table wider than its place is scrolled, so the keyboard has to reach it; one that fits is no stop on the way.
  const watch = () => {
    const region = listing.querySelector(".table-scroll");
    if (region) sizes.observe(region);
  };
  const sizes = new ResizeObserver(([{ target }]) => {
    const scrolls = target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1;
    target.toggleAttribute("tabindex", scrolls);
    if (scrolls) target.tabIndex = 0;
  });
  watch();
}
