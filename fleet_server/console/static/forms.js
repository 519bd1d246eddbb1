// What a form lacks is said in the page's words, at the field; the server looks again at all of it.
(function () {
  "use strict";
  const words = document.body.dataset;
  let first = null;

  function sentence(field) {
    const wrong = field.validity;
    if (wrong.customError) { return field.validationMessage; }
    if (wrong.valueMissing) { return field.type === "radio" ? words.formChoose : words.formMissing; }
    if (wrong.tooShort) { return field.dataset.short || words.formShort.replace("#", String(field.minLength)); }
    return field.dataset.wrong || words.formWrong;
  }

  // radio buttons of one name are one question
  function question(field) {
    if (field.type !== "radio" || !field.form) { return [field]; }
    return Array.from(field.form.querySelectorAll("input[type='radio']")).filter(function (each) { return each.name === field.name; });
  }

  function troubleOf(field) {
    return document.getElementById(field.getAttribute("data-trouble") || "");
  }

  function say(field) {
    const fields = question(field);
    const last = fields[fields.length - 1];
    let trouble = troubleOf(fields[0]);
    if (!trouble) {
      trouble = document.createElement("div");
      trouble.id = (fields[0].id || fields[0].name) + "-trouble";
      trouble.className = "field-trouble";
      (last.closest("label") || last).insertAdjacentElement("afterend", trouble);
    }
    trouble.textContent = sentence(field);
    fields.forEach(function (each) {
      each.classList.add("is-invalid");
      each.setAttribute("aria-invalid", "true");
      each.setAttribute("aria-describedby", trouble.id);
      each.setAttribute("data-trouble", trouble.id);
    });
  }

  function clear(field) {
    field.classList.remove("is-invalid");
    ["aria-invalid", "aria-describedby", "data-trouble"].forEach(function (name) { field.removeAttribute(name); });
  }

  function unsay(field) {
    const trouble = troubleOf(field);
    if (!trouble) { return; }
    trouble.remove();
    question(field).forEach(clear);
  }

  // what the server refused stands above the form; the field it is about leads to it until it is changed
  document.querySelectorAll("[data-refused-field]").forEach(function (refusal) {
    const field = document.getElementById(refusal.dataset.refusedField);
    if (!field) { return; }
    const fields = question(field);
    refusal.id = field.id + "-refused";
    fields.forEach(function (each) {
      each.classList.add("is-invalid");
      each.setAttribute("aria-invalid", "true");
      each.setAttribute("aria-describedby", refusal.id);
      each.addEventListener("input", function () { fields.forEach(clear); }, { once: true });
    });
    field.focus();
  });

  // instead of the browser's bubble, which speaks the browser's language; the first one is led to
  document.addEventListener("invalid", function (event) {
    event.preventDefault();
    say(event.target);
    if (first) { return; }
    first = event.target;
    setTimeout(function () { first.focus(); first = null; }, 0);
  }, true);

  function compare(again) {
    const other = again.form.elements[again.dataset.sameAs];
    again.setCustomValidity(again.value && again.value !== other.value ? again.dataset.differs : "");
  }

  // what a password safe or the browser's memory fills in need not be told as input
  document.addEventListener("submit", function (event) {
    const compared = event.target.querySelectorAll("[data-same-as]");
    compared.forEach(compare);
    if (compared.length && !event.target.checkValidity()) { event.preventDefault(); }
  }, true);

  document.addEventListener("input", function (event) {
    const field = event.target;
    if (!field.form || !field.validity) { return; }
    field.form.querySelectorAll("[data-same-as]").forEach(compare);
    Array.from(field.form.elements).forEach(function (each) {
      if (each.validity && each.validity.valid) { unsay(each); }
    });
  });
})();
