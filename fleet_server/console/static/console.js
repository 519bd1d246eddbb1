// What a page does by itself: ages count on, light or dark, is the page still live, no form sent twice.
(function () {
  "use strict";
  const body = document.body;
  const ahead = Date.parse(body.dataset.now) - Date.now();
  const units = [["Days", 86400], ["Hours", 3600], ["Minutes", 60], ["Seconds", 1]];

  function countOn() {
    document.querySelectorAll("time[data-age]").forEach(function (time) {
      const passed = Math.max(0, Math.floor((Date.now() + ahead - Date.parse(time.dateTime)) / 1000));
      const unit = units.find(function (each) { return passed >= each[1]; }) || units[3];
      const text = body.dataset["ago" + unit[0]].replace("#", String(Math.floor(passed / unit[1])));
      if (time.textContent !== text) { time.textContent = text; }
    });
  }
  setInterval(countOn, 1000);

  document.querySelectorAll("[data-theme-switch]").forEach(function (button) {
    button.addEventListener("click", function () {
      const root = document.documentElement;
      const wanted = root.dataset.bsTheme === "dark" ? "light" : "dark";
      root.dataset.bsTheme = wanted;
      document.cookie = "yichuang_theme=" + wanted + "; path=/console; max-age=31536000; samesite=lax";
    });
  });

  const state = document.querySelector(".link-state");
  function setLive(isLive) {
    body.classList.toggle("is-stale", !isLive);
    if (state) { state.hidden = isLive; }
  }
  body.addEventListener("htmx:sseOpen", function () { setLive(true); });
  body.addEventListener("htmx:sseError", function () { setLive(false); });
  body.addEventListener("htmx:responseError", function () { setLive(false); });
  body.addEventListener("htmx:sendError", function () { setLive(false); });

  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.querySelectorAll("button").forEach(function (button) { button.classList.add("disabled"); });
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll("button.disabled").forEach(function (button) { button.classList.remove("disabled"); });
    });
  });

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-copy]");
    if (!button) { return; }
    const text = document.querySelector(button.dataset.copy).textContent.trim();
    navigator.clipboard.writeText(text).then(function () {
      button.classList.add("copied");
      setTimeout(function () { button.classList.remove("copied"); }, 1500);
    });
  });

  const wait = document.querySelector("[data-wait]");
  if (wait) {
    let left = Number(wait.dataset.wait);
    const button = document.querySelector("[data-wait-button]");
    const shown = wait.querySelector("b");
    const timer = setInterval(function () {
      left -= 1;
      shown.textContent = String(Math.max(left, 0));
      if (left <= 0) { clearInterval(timer); button.disabled = false; wait.hidden = true; }
    }, 1000);
  }

  const editor = document.querySelector("form[data-unsaved]");
  if (editor) {
    let isChanged = false;
    editor.addEventListener("input", function () { isChanged = true; editor.classList.add("is-changed"); });
    editor.addEventListener("submit", function () { isChanged = false; });
    window.addEventListener("beforeunload", function (event) { if (isChanged) { event.preventDefault(); } });
  }
})();
