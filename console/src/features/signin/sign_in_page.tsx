import type { Me } from '@/api/types.ts';
import { Doorway } from './doorway.tsx';
import { SignInForm } from './sign_in_form.tsx';

/** Only pages of this console: never another origin. */
const ownPath = (to: string | undefined): string =>
  to?.startsWith('/') && new URL(to, window.location.origin).origin === window.location.origin ? to : '/';

interface SignInPageProps {
  /** Where to go afterwards. */
  to: string | undefined;
  /** Somebody is about to sign in. */
  onBegin?: () => void;
  onSignedIn: (me: Me | undefined, path: string) => void;
}

export const SignInPage = ({ to, onBegin, onSignedIn }: SignInPageProps) => (
  <Doorway
    title="Sign in"
    foot={
      <>
        First start? The login is <code>operator</code>; its password was printed once by <code>keyfence serve</code>.
        Everyone else comes in by invitation.
      </>
    }
  >
    <SignInForm onBegin={onBegin} onSignedIn={(me) => onSignedIn(me, ownPath(to))} />
  </Doorway>
);
