/** Figures as people read them. */
export const percent = (value) => `${value.toFixed(value < 10 ? 1 : 0)} %`;
export const megabytes = (value) => `${value.toFixed(0)} MB`;
export const milliseconds = (value) =>
  `${value.toFixed(value < 10 ? 1 : 0)} ms`;
export const perSecond = (value) =>
  `${Math.round(value).toLocaleString('en')} /s`;

export function duration(seconds) {
  const parts = [
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    Math.floor(seconds) % 60,
  ];
  const [hours, minutes, rest] = parts;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}
