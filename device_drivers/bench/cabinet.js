// What the bench's page shows of the cabinet and of the power supply; loaded after the page's own script.
"use strict";
const SLOTS = { id_card: "身份证", social_security_card: "社保卡", scanner: "扫码", camera: "高拍仪", receipt_printer: "凭条口", document_printer: "文书口" };
const LIGHT_WORDS = { off: "灭", on: "亮", blink: "闪", undefined: "无此值" };
const PAIRS = [["door_open", true, "close_door", "open_door", "机门开着 · 关上", "打开机门"], ["tampered", true, "mend", "tamper", "被撬动 · 复位", "撬动机柜"],
  ["fan_turns", false, "start_fan", "stop_fan", "风扇停了 · 恢复", "风扇停转"], ["hot", true, "cool", "heat", "过热 · 降温", "柜内过热"],
  ["headset", true, "unplug_headset", "plug_headset", "耳机已插 · 拔出", "插上耳机"], ["person", true, "go", "come", "有人 · 离开", "有人走近"]];
for (const [part, , back, there] of PAIRS) {
  const button = make("button", { className: "tool" });
  button.dataset.part = part;
  button.onclick = () => act("cabinet", button.getAttribute("aria-pressed") === "true" ? back : there);
  one(section("cabinet"), "[data-pairs]").append(button);
}
Object.assign(looks, {
  cabinet(state) {
    const place = section("cabinet"), parts = { ...state, hot: state.temperature_c > 55 };
    const trouble = !state.plugged ? "线已拔下" : state.tampered ? "被撬动" : parts.hot ? "过热" : !state.fan_turns ? "风扇停转" : state.door_open ? "机门开着" : "";
    word("cabinet", trouble || `正常 · ${state.temperature_c.toFixed(1)} °C`, trouble ? "fault" : "");
    for (const [part, set, , , words, otherwise] of PAIRS) {
      const button = one(place, `[data-part="${part}"]`), isSet = parts[part] === set;
      button.textContent = isSet ? words : otherwise;
      button.setAttribute("aria-pressed", String(isSet));
    }
    const lights = JSON.stringify(state.lights);
    if (drawn.lights !== lights) {
      drawn.lights = lights;
      one(place, ".lights").replaceChildren(...Object.entries(state.lights).map(([slot, mode]) => {
        const light = make("span", { className: mode, textContent: `${SLOTS[slot]} ${LIGHT_WORDS[mode]}` });
        light.setAttribute("role", "listitem");
        return light;
      }));
    }
  },
  power_supply(state) {
    const place = section("power_supply"), words = state.words.split(" ");
    const onBattery = words.includes("OB"), low = words.includes("LB");
    const trouble = !state.service ? "upsd 已停止" : !state.plugged ? "线已拔下" : low ? "电池将尽" : onBattery ? "电池供电" : words.includes("RB") ? "电池老化" : "";
    word("power_supply", trouble || "市电供电", trouble ? (onBattery && !low ? "warn" : "fault") : "");
    one(place, "[data-mains]").textContent = onBattery ? "中断" : "正常";
    one(place, "[data-charge]").textContent = `${state.charge_percent} %`;
    one(place, "[data-words]").textContent = state.words;
    one(place, '[data-do="stop_service"]').disabled = !state.service;
    one(place, '[data-do="start_service"]').disabled = state.service;
  },
});
