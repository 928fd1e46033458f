const root = document.documentElement;
const systemDark = matchMedia('(prefers-color-scheme: dark)');

const isDark = () =>
  root.dataset.theme ? root.dataset.theme === 'dark' : systemDark.matches;

/** Calls back when the page turns light or dark: what is drawn on a canvas does not follow CSS. */
export function onThemeChange(listener) {
  systemDark.addEventListener('change', listener);
  new MutationObserver(listener).observe(root, {
    attributeFilter: ['data-theme'],
  });
}

/** The colour a custom property stands for right now; canvas understands neither var() nor light-dark(). */
export function colour(property) {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

export function setUpThemeToggle() {
  const button = document.querySelector('#theme-toggle');
  const label = document.querySelector('#theme-label');
  const describe = () => {
    label.textContent = isDark() ? 'Use the light theme' : 'Use the dark theme';
    button.title = label.textContent;
  };
  button.addEventListener('click', () => {
    const next = isDark() ? 'light' : 'dark';
    // Choosing what the system says gives the choice back to the system.
    const followsSystem = (next === 'dark') === systemDark.matches;
    if (followsSystem) delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      if (followsSystem) localStorage.removeItem('theme');
      else localStorage.setItem('theme', next);
    } catch {
      // Storage may be forbidden; the choice then lasts as long as the page.
    }
  });
  onThemeChange(describe);
  describe();
}
