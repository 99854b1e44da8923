// Sets the colours before the first paint, so that no wrong ones flash up.
(() => {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem('saker.preferences') ?? '{}');
  } catch {
    // Unreadable preferences count as none.
  }
  const light = matchMedia('(prefers-color-scheme: light)').matches;
  const { dataset } = document.documentElement;
  dataset.theme = kept.theme ?? (light ? 'light' : 'dark');
  dataset.palette = kept.colour_blind ? 'blue-orange' : 'green-red';
})();
