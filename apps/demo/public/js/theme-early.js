// Not a module: it has to run before the first paint, or a page with a chosen theme flashes the other one.
{
  let theme = null;
  try {
    theme = localStorage.getItem('theme');
  } catch {
    // Storage may be forbidden; the system's theme is used.
  }
  if (theme === 'light' || theme === 'dark')
    document.documentElement.dataset.theme = theme;
}
