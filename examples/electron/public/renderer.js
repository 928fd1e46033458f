const isElectron = navigator.userAgent.includes('Electron');
const base = isElectron ? 'myapp-sse://type/' : 'http://127.0.0.1:3000/type/';
const parm = btoa(
  JSON.stringify({ everyMs: 500, label: isElectron ? 'Electron' : 'a server' }),
);

const source = new EventSource(
  `${base}?event=clock&parm=${encodeURIComponent(parm)}`,
);
const state = document.querySelector('#state');

source.addEventListener('open', () => {
  state.textContent = `open, by ${base}`;
});
source.addEventListener('error', () => {
  state.textContent = 'lost, coming back';
});
source.addEventListener('clock', ({ data }) => {
  const { label, at } = JSON.parse(data);
  document.querySelector('#clock').textContent =
    `${label}: ${new Date(at).toLocaleTimeString()}`;
});
