// Light or dark, before anything is drawn, so that nothing flashes. The reader's choice, else the system's.
{
  let kept = null;
  try {
    kept = localStorage.getItem('theme');
  } catch {} // storage may be forbidden
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = kept === 'dark' || kept === 'light' ? kept : dark ? 'dark' : 'light';
}
