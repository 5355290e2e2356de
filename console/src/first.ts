// What runs while the rest is still on its way: light or dark before anything is drawn, and the first question to the API.
import { askEarly } from '@/api/early.ts';
import { applyColorScheme } from '@/app/color_scheme.ts';

applyColorScheme();
askEarly('/me');
