// Two bar charts from the numbers in the table beside them. Tooltips are drawn on the canvas, as the CSP wants.
"use strict";

function draw(element) {
  const data = JSON.parse(element.dataset.chart);
  const style = getComputedStyle(document.documentElement);
  const brand = style.getPropertyValue("--q-brand").trim(), light = "#a9ccc8", ink = style.getPropertyValue("--q-ink-2").trim();
  const text = { color: ink, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 };
  const flat = data.kind === "bar-zone";
  const category = { type: "category", data: data.labels, axisTick: { show: false }, axisLabel: { ...text, interval: 0, hideOverlap: false }, inverse: !flat };
  const counts = { type: "value", name: data.names[0], minInterval: 1, nameTextStyle: text, axisLabel: text, splitLine: { lineStyle: { color: "#e6ebe8" } } };
  const sums = { type: "value", name: data.names[1], nameTextStyle: text, axisLabel: text, splitLine: { show: false } };
  const chart = echarts.init(element);
  const bars = (name, values, color, more) => ({ name, type: "bar", data: values, itemStyle: { color }, barMaxWidth: 16, ...more });
  const narrow = element.clientWidth < 520;
  chart.setOption({
    animation: false, textStyle: text, tooltip: { trigger: "axis", renderMode: "richText" },
    legend: flat ? { data: data.names, textStyle: text, top: 4 } : undefined,
    grid: { left: 8, right: flat ? 12 : 44, top: flat ? 52 : 14, bottom: 8, containLabel: true },
    xAxis: flat ? { ...category, axisLabel: { ...text, interval: 0, rotate: narrow ? 60 : 0 } } : { ...counts, name: "" },
    yAxis: flat ? [counts, sums] : category,
    series: flat
      ? [bars(data.names[0], data.counts, brand), bars(data.names[1], data.sums, light, { yAxisIndex: 1 })]
      : [bars(data.names[0], data.counts, brand, { label: { show: true, position: "right", ...text } })],
  });
  chart.on("click", (event) => { location.href = data.urls[event.dataIndex]; });
  addEventListener("resize", () => chart.resize());
  element.dataset.drawn = "1";
}

function drawAll() { document.querySelectorAll("[data-chart]:not([data-drawn])").forEach(draw); }

document.addEventListener("htmx:afterSettle", drawAll);
document.addEventListener("DOMContentLoaded", drawAll);
