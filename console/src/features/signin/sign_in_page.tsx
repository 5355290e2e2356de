import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate, useRouter } from '@tanstack/react-router';
import { meQuery } from '@/api/queries.ts';
import type { Me } from '@/api/types.ts';
import { Doorway } from './doorway.tsx';
import { SignInForm } from './sign_in_form.tsx';

const route = getRouteApi('/sign-in');

/** Only pages of this console: never another origin. */
const isOwnPath = (to: string | undefined): to is string =>
  to !== undefined && new URL(to, window.location.origin).origin === window.location.origin && to.startsWith('/');

export function SignInPage() {
  const { to } = route.useSearch();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  const enter = async (me: Me | undefined) => {
    queries.clear();
    if (me) queries.setQueryData(meQuery.queryKey, me);
    if (isOwnPath(to)) router.history.replace(to);
    else await navigate({ to: '/', replace: true });
  };
  return (
    <Doorway
      title="Sign in"
      foot={
        <>
          First start? The login is <code>operator</code>; its password was printed once by <code>keyfence serve</code>.
          Everyone else comes in by invitation.
        </>
      }
    >
      <SignInForm onSignedIn={enter} />
    </Doorway>
  );
}
