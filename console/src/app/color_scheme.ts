// Light or dark before anything is drawn; the provider in app.tsx goes on with the same key and attribute.
export const colorSchemeKey = 'keyfence-color-scheme';

export function applyColorScheme(): void {
  const kept = localStorage.getItem(colorSchemeKey);
  const isDark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light');
}
