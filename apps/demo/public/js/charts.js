import uPlot from '/assets/vendor/uPlot.esm.js';
import { element, setText } from './dom.js';
import { colour, onThemeChange } from './theme.js';

const WINDOW_SECONDS = 120;
/** Between a label and its axis. */
const LABEL_GAP = 14;
const AXIS_WIDTH = 52;
const sync = uPlot.sync('dashboard');

/**
 * A chart of the last two minutes in `card`, with a legend that shows the value under the cursor, else the newest.
 * Each of `series` has a label, a format and a stroke (a custom property); `top` is the least the scale reaches to.
 */
export function chart(card, { series, top, stepped = false, axisFormat }) {
  const values = series.map(({ label, stroke }) => {
    const value = element('dd', {}, '–');
    const key = element('span', { class: 'chart__key' });
    key.style.setProperty('--key', `var(${stroke})`);
    return {
      value,
      row: element('div', {}, element('dt', {}, key, label), value),
    };
  });
  card
    .querySelector('.chart__head')
    .append(
      element(
        'dl',
        { class: 'chart__legend' },
        ...values.map(({ row }) => row),
      ),
    );
  // The legend says in words what the picture shows; a canvas says nothing to a screen reader.
  const plot = element('div', { class: 'chart__plot', 'aria-hidden': 'true' });
  card.append(plot);

  let data = [[], ...series.map(() => [])];
  let drawing;

  const describe = (index) => {
    const at = index ?? data[0].length - 1;
    series.forEach(({ format }, number) => {
      const value = data[number + 1][at];
      setText(values[number].value, value === undefined ? '–' : format(value));
    });
  };

  const draw = () => {
    drawing?.destroy();
    const text = colour('--muted');
    const grid = colour('--border');
    const axis = {
      stroke: text,
      font: labelFont(),
      grid: { stroke: grid, width: 1 },
      ticks: { show: false },
    };
    drawing = new uPlot(
      {
        ...size(plot),
        // The label of the newest time is centred under the right edge: half of it is beyond.
        padding: [8, Math.ceil(widthOf([timeOfDay(0)]) / 2), 0, 0],
        legend: { show: false },
        cursor: {
          sync: { key: sync.key },
          y: false,
          points: { size: 7 },
          drag: { x: false },
        },
        scales: {
          x: { time: true, range: (_, __, max) => [max - WINDOW_SECONDS, max] },
          y: { range: (_, __, max) => [0, max > top ? max * 1.1 : top] },
        },
        axes: [
          {
            ...axis,
            size: 30,
            space: 90,
            values: (_, ticks) => ticks.map(timeOfDay),
          },
          {
            ...axis,
            // Of one width, so that charts line up, unless a label needs more.
            size: (_, labels) =>
              Math.max(AXIS_WIDTH, widthOf(labels ?? []) + LABEL_GAP),
            space: 34,
            incrs: stepped
              ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10000]
              : undefined,
            values: (_, ticks) => ticks.map(axisFormat),
          },
        ],
        series: [
          {},
          ...series.map(({ stroke, fill, dash }) => ({
            stroke: colour(stroke),
            fill: fill ? translucent(colour(stroke)) : undefined,
            width: 1.5,
            dash,
            points: { show: false },
            paths: stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
          })),
        ],
        hooks: { setCursor: [({ cursor }) => describe(cursor.idx)] },
      },
      data,
      plot,
    );
  };

  draw();
  onThemeChange(draw);
  new ResizeObserver(() => drawing.setSize(size(plot))).observe(plot);

  return (next) => {
    data = next;
    drawing.setData(data);
    describe(drawing.cursor.idx);
  };
}

function size(plot) {
  const style = getComputedStyle(plot);
  const inline = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
  const block = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
  return {
    width: plot.clientWidth - inline,
    height: plot.clientHeight - block,
  };
}

const labelFont = () => `11px ${getComputedStyle(document.body).fontFamily}`;

/** Of the widest label, in CSS pixels. */
function widthOf(labels) {
  const context = document.createElement('canvas').getContext('2d');
  context.font = labelFont();
  return Math.max(0, ...labels.map((text) => context.measureText(text).width));
}

const translucent = (rgb) =>
  rgb.replace('rgb(', 'rgba(').replace(')', ', 0.1)');

const timeOfDay = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  });
