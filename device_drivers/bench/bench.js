// The bench's page: what lies ready, what each device looks like now, and what a click does.
"use strict";
const REFUSALS = { slot_taken: "卡槽里已经有卡，请先取出。", unplugged: "这台设备的线已拔下，或服务已停止。", bad_text: "请输入一行文字。",
  text_too_long: "内容太长，一个二维码放不下。", unknown_name: "工作台上没有这样东西。", pcscd_failed: "读卡服务没有响应。",
  no_picture: "高拍仪没有给出画面。", printing_failed: "打印机或打印服务没有响应。" };
const LANGUAGES = { line: "普通行", framed: "STX/ETX", newland: "新大陆", newland_old: "新大陆（旧）", honeywell: "霍尼韦尔", ssi: "斑马 SSI" };
const PAPERS = { employer_letter: "单位用途说明", application_form: "申请表（斜放）", blurred_letter: "模糊的说明", cut_off_letter: "没放全的说明",
  id_card_front: "身份证人像面", id_card_back: "身份证国徽面", upside_down_letter: "倒放的说明", curled_letter: "卷边的说明",
  shining_letter: "反光的说明", dim_letter: "昏暗的说明" };
const PAPER_WORDS = { full: "充足", low: "将用完", out: "已用完" };
const one = (place, selector) => place.querySelector(selector);
const section = name => document.getElementById(name);
let catalogue = null, drawn = {};

function make(tag, attributes, ...children) {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...children);
  return element;
}
let toastTimer;
function say(words, isFault) {
  const toast = one(document, "#toast");
  toast.textContent = words;
  toast.className = isFault ? "shown fault" : "shown";
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.className = ""; }, isFault ? 4500 : 1800);
}
async function act(device, action, body = {}, words = "") {
  try {
    const answer = await fetch(`/api/${device}/${action}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const result = await answer.json();
    if (!answer.ok) { say(REFUSALS[result.code] || result.error, true); return; }
    if (words) say(words);
  } catch { say("工作台没有回应。", true); }
  await look();
}
const grouped = number => number.replace(/^(.{6})(.{8})(.*)$/, "$1 $2 $3");
function idCard(card) {
  const kind = card.kind === "resident" ? "居民身份证" : "港澳台居民居住证";
  return make("button", { className: card.kind === "resident" ? "card" : "card permit" },
    make("i", { textContent: kind }), make("b", { textContent: card.name }), make("span", { textContent: grouped(card.number) }));
}
function socialCard(name, card) {
  if (!card) {
    const words = name === "bank-card" ? ["银行卡", "不是社保卡"] : ["插反的卡", "芯片朝上，读不到"];
    return make("button", { className: "card bank" }, make("i", { textContent: words[1] }), make("b", { textContent: words[0] }));
  }
  const isNew = card.version.startsWith("3");
  return make("button", { className: isNew ? "card social v3" : "card social" },
    make("i", { textContent: isNew ? "社会保障卡 · 第三代，需认证" : "社会保障卡" }), make("b", { textContent: card.name }), make("span", { textContent: card.card_number }));
}
const makers = {
  id_card_reader: name => idCard(catalogue.id_cards[name]),
  social_security_card: name => socialCard(name, catalogue.social_security_cards[name]),
};
function furnish() {
  for (const name of Object.keys(catalogue.id_cards)) {
    const card = idCard(catalogue.id_cards[name]);
    card.dataset.name = name;
    card.onclick = () => act("id_card_reader", "lay", { card: name }, "证件已放上");
    one(section("id_card_reader"), "[data-cards]").append(card);
  }
  for (const name of [...Object.keys(catalogue.social_security_cards), "bank-card", "upside-down"]) {
    const card = socialCard(name, catalogue.social_security_cards[name]);
    card.dataset.name = name;
    card.onclick = () => act("social_security_card", "insert", { card: name }, "卡已插入");
    one(section("social_security_card"), "[data-cards]").append(card);
  }
  for (const [name, code] of Object.entries(catalogue.codes)) {
    const button = make("button", { className: "tool", textContent: code.title, title: code.text });
    button.onclick = () => act("qr_scanner", "show", { code: name }, "二维码已出示");
    one(section("qr_scanner"), "[data-codes]").append(button);
  }
  for (const [language, title] of Object.entries(LANGUAGES)) {
    const button = make("button", { className: "tool", textContent: title });
    button.dataset.language = language;
    button.onclick = () => act("qr_scanner", "speak", { language }, "扫码器已更换");
    one(section("qr_scanner"), "[data-languages]").append(button);
  }
  for (const name of catalogue.papers) {
    const button = make("button", { className: "tool", textContent: PAPERS[name] || name });
    button.dataset.name = name;
    button.onclick = () => act("document_camera", "put", { paper: name }, "材料已放好");
    one(section("document_camera"), "[data-papers]").append(button);
  }
  const take = make("button", { className: "tool main", textContent: "拿走材料" });
  take.onclick = () => act("document_camera", "take", {}, "桌面已清空");
  one(section("document_camera"), "[data-papers]").append(take);
  one(document, "form").onsubmit = event => {
    event.preventDefault();
    act("qr_scanner", "show", { text: one(event.target, "input").value }, "二维码已出示");
  };
  for (const button of document.querySelectorAll("[data-do]"))
    button.onclick = () => act(button.closest("section").id, button.dataset.do);
}
function showPlug(name, state) {
  const place = section(name), cable = one(place, ".cable");
  place.classList.toggle("cut", !state.plugged);
  cable.textContent = state.plugged ? "拔掉线" : "线已拔下 · 插回";
  cable.setAttribute("aria-pressed", String(state.plugged));
  cable.onclick = () => act(name, state.plugged ? "unplug" : "plug", {}, state.plugged ? "线已拔下" : "线已插回");
  const port = one(place, ".port");
  port.textContent = port.title = state.port;
}
function word(name, text, kind = "") {
  const element = one(section(name), ".word");
  element.textContent = text;
  element.className = `word ${kind}`;
}
function showCard(name, state, takeAction, takenWords) {
  const place = one(section(name), "[data-place]");
  if (drawn[name] !== state.card) {
    drawn[name] = state.card;
    one(place, ".card")?.remove();
    one(place, ".hint").hidden = Boolean(state.card);
    if (state.card) {
      const card = makers[name](state.card);
      card.title = "点一下取走";
      card.setAttribute("aria-label", "取走 " + card.textContent);
      card.onclick = () => act(name, takeAction, {}, takenWords);
      place.append(card);
    }
  }
  one(place, ".lamp").classList.toggle("on", state.plugged && state.service !== false && Boolean(state.card));
  for (const card of section(name).querySelectorAll("[data-cards] .card"))
    card.setAttribute("aria-pressed", String(card.dataset.name === state.card));
}
const looks = {
  id_card_reader(state) {
    word("id_card_reader", !state.plugged ? "线已拔下" : state.card ? "有证件" : "空闲", !state.plugged ? "fault" : "");
    showCard("id_card_reader", state, "take", "证件已取走");
  },
  social_security_card(state) {
    word("social_security_card", !state.service ? "服务已停止" : !state.plugged ? "线已拔下" : state.card ? "有卡" : "空闲", !state.service || !state.plugged ? "fault" : "");
    showCard("social_security_card", state, "remove", "卡已取出");
    one(section("social_security_card"), '[data-do="stop_service"]').disabled = !state.service;
    one(section("social_security_card"), '[data-do="start_service"]').disabled = state.service;
  },
  qr_scanner(state) {
    word("qr_scanner", state.plugged ? "就绪" : "线已拔下", state.plugged ? "" : "fault");
    for (const button of section("qr_scanner").querySelectorAll("[data-language]"))
      button.setAttribute("aria-pressed", String(button.dataset.language === state.speaks));
    if (state.shown && drawn.code !== state.shown) {
      drawn.code = state.shown;
      const picture = one(section("qr_scanner"), "img");
      picture.src = "/code.svg?text=" + encodeURIComponent(state.shown);
      picture.hidden = false;
      one(section("qr_scanner"), ".text").textContent = state.shown;
    }
  },
  document_camera(state) {
    word("document_camera", !state.plugged ? "线已拔下" : state.paper ? "有材料" : "桌面空着", !state.plugged ? "fault" : "");
    const now = `${state.plugged}:${state.paper}:${state.fault}`;
    if (drawn.paper !== now) {
      drawn.paper = now;
      const view = one(section("document_camera"), ".view");
      const isSeen = state.plugged && state.fault !== "wrong";
      view.style.opacity = isSeen ? 1 : .15;
      if (isSeen) view.src = "/camera.jpg?" + Date.now();
    }
    for (const button of section("document_camera").querySelectorAll("[data-name]"))
      button.setAttribute("aria-pressed", String(button.dataset.name === state.paper));
  },
  receipt_printer(state) {
    const place = section("receipt_printer");
    const trouble = !state.plugged ? "线已拔下" : state.cover_open ? "上盖打开" : state.paper === "out" ? "缺纸" : state.cutter_stuck ? "切刀卡住" : state.head_hot ? "打印头过热" : "";
    word("receipt_printer", trouble || (state.paper === "low" ? "纸将用完" : state.mouth ? "请取凭条" : "就绪"), trouble ? "fault" : state.paper === "low" ? "warn" : "");
    one(place, "[data-paper]").textContent = PAPER_WORDS[state.paper];
    one(place, "[data-cover]").textContent = state.cover_open ? "打开" : "合上";
    one(place, "[data-cutter]").textContent = state.cutter_stuck ? "卡住" : "正常";
    one(place, '[data-do="tear_off"]').disabled = !state.mouth;
    if (drawn.mouth !== state.mouth) {
      drawn.mouth = state.mouth;
      const tongue = one(place, ".tongue");
      tongue.replaceChildren(state.mouth ? make("img", { src: `/receipts/${state.mouth}.png`, alt: `第 ${state.mouth} 张凭条` })
        : make("p", { textContent: "出纸口没有凭条" }));
    }
    const numbers = state.receipts.map(each => each.number).join();
    if (drawn.tray !== numbers) {
      drawn.tray = numbers;
      one(place, ".tray").replaceChildren(...state.receipts.slice().reverse().map(each => {
        const button = make("button", { title: `第 ${each.number} 张：${each.lines.find(line => line.trim()) || "图形"}` },
          make("img", { src: `/receipts/${each.number}.png`, alt: "", loading: "lazy" }), make("span", { textContent: each.number }));
        button.onclick = () => { const dialog = one(document, "dialog"); one(dialog, "img").src = `/receipts/${each.number}.png`; dialog.showModal(); };
        return button;
      }));
    }
  },
  document_printer(state) {
    const place = section("document_printer");
    const trouble = !state.service ? "服务已停止" : !state.plugged ? "线已拔下" : state.door_open ? "前门打开" : state.jammed ? "卡纸" : state.sheets === 0 ? "缺纸" : state.toner_percent === 0 ? "墨粉用完" : "";
    const last = state.lying.at(-1), printed = state.papers.find(each => each.number === last), now = `${last}:${printed?.pages}`;
    word("document_printer", trouble || (state.slow ? "很慢" : last ? "请取纸张" : "就绪"), trouble ? "fault" : state.slow ? "warn" : "");
    one(place, "[data-paper]").textContent = `${state.sheets} 张`;
    one(place, "[data-toner]").textContent = `${state.toner_percent}%`;
    one(place, "[data-door]").textContent = state.door_open ? "打开" : "关上";
    one(place, '[data-do="take"]').disabled = !last;
    one(place, '[data-do="stop_service"]').disabled = !state.service;
    one(place, '[data-do="start_service"]').disabled = state.service;
    if (drawn.a4 !== now) {
      drawn.a4 = now;
      one(place, ".tongue").replaceChildren(printed ? make("img", { src: `/papers/${last}-${printed.pages}.png`, alt: `第 ${last} 份纸张` })
        : make("p", { textContent: "出纸口没有纸张" }));
    }
    const names = state.papers.flatMap(each => Array.from({ length: each.pages }, (_, page) => `${each.number}-${page + 1}`));
    if (drawn.a4_tray !== names.join()) {
      drawn.a4_tray = names.join();
      one(place, ".tray").replaceChildren(...names.slice().reverse().map(name => {
        const button = make("button", { title: `第 ${name.replace("-", " 份第 ")} 页` },
          make("img", { src: `/papers/${name}.png`, alt: "", loading: "lazy" }), make("span", { textContent: name }));
        button.onclick = () => { const dialog = one(document, "dialog"); one(dialog, "img").src = `/papers/${name}.png`; dialog.showModal(); };
        return button;
      }));
    }
  },
};
one(document, "dialog").onclick = event => event.currentTarget.close();
async function look() {
  const link = one(document, "#link");
  try {
    if (!catalogue) { catalogue = await (await fetch("/api/catalogue")).json(); furnish(); furnishFaults(); }
    const state = await (await fetch("/api/state")).json();
    for (const [name, one] of Object.entries(state)) { showPlug(name, one); showFault(name, one); looks[name]?.(one); }
    link.textContent = "已连接";
    link.className = "";
  } catch {
    link.textContent = "工作台已停止，等待恢复…";
    link.className = "lost";
  }
}
