// The sign-in form of who comes from outside: little, for who comes to sign in does not wait for what is behind.
import './styles.ts';
import { applyColorScheme } from '@/app/color_scheme.ts';
import { showDoor } from '@/features/signin/door.tsx';

applyColorScheme();
showDoor(document.getElementById('root')!);
