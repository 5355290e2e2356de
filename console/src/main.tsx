// Every page but the sign-in form of who comes from outside (sign_in.tsx). What it is made of is named in the page itself,
// so that all of it is fetched at once.
import './styles.ts';
import './first.ts';
import { prepareApp, showApp } from '@/app/app.tsx';

void prepareApp().finally(() => showApp(document.getElementById('root')!));
