// Draws the sign-in form, which is little, or loads the rest: who comes to sign in does not wait for what is behind. Small
// itself, so that what it asks for is asked for at once.
// The order of layers stands in the first.
import '@/app/global.css';
import 'virtual:variables.css';
import '@mantine/core/styles/baseline.layer.css';
import { askWhoIsThere } from '@/api/early.ts';
import { applyColorScheme } from '@/app/color_scheme.ts';

applyColorScheme();
const root = document.getElementById('root')!;
if (window.location.pathname === '/sign-in') {
  void import('@/features/signin/door.tsx').then(({ showDoor }) => showDoor(root));
} else {
  askWhoIsThere();
  void import('@/app/app.tsx').then(({ showApp }) => showApp(root));
}
