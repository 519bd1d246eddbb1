// One row of small buttons for each device whose wire can be disturbed, from the catalogue's actions.
"use strict";
const FAULTS = { none: "正常", slow: "慢", noisy: "有噪声", silent: "无声", wrong: "出错" };
const CAMERA_FAULTS = { none: "正常", slow: "画面少", noisy: "噪点", silent: "画面不动", wrong: "画面损坏" };
function furnishFaults() {
  for (const [name, actions] of Object.entries(catalogue.actions)) {
    if (!actions.includes("disturb")) continue;
    const row = make("div", { className: "faults" }, make("span", { textContent: name === "document_camera" ? "画面" : "线路" }));
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", "线路故障");
    for (const [fault, words] of Object.entries(name === "document_camera" ? CAMERA_FAULTS : FAULTS)) {
      const button = make("button", { textContent: words });
      button.dataset.fault = fault;
      button.onclick = () => act(name, "disturb", { fault }, fault === "none" ? "已恢复正常" : `已设为：${words}`);
      row.append(button);
    }
    section(name).append(row);
  }
}
function showFault(name, state) {
  for (const button of section(name).querySelectorAll("[data-fault]"))
    button.setAttribute("aria-pressed", String(button.dataset.fault === state.fault));
}
(async () => { for (;;) { await look(); await new Promise(done => setTimeout(done, 600)); } })();
