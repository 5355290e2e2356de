// The sign-in form where the rest is loaded already: after signing out, and where a page was opened signed out.
import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { meQuery } from '@/api/queries.ts';
import type { Me } from '@/api/types.ts';
import { SignInPage } from './sign_in_page.tsx';

const route = getRouteApi('/sign-in');

export function SignInAgain() {
  const { to } = route.useSearch();
  const queries = useQueryClient();
  const router = useRouter();
  const enter = (me: Me | undefined, path: string) => {
    queries.clear();
    if (me) queries.setQueryData(meQuery.queryKey, me);
    router.history.replace(path);
  };
  return <SignInPage to={to} onSignedIn={enter} />;
}
