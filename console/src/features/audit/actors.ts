// Names of those who changed something, where the person looking may know them.
import { useQuery } from '@tanstack/react-query';
import { allPages, useMe } from '@/api/queries.ts';
import type { Member } from '@/api/types.ts';

export function useActorName(accountId: string | undefined): (actor: string) => string {
  const me = useMe();
  const members = useQuery({
    queryKey: ['members', accountId],
    enabled: accountId !== undefined,
    retry: false,
    queryFn: () => allPages<Member>(`/accounts/${accountId}/members`),
  });
  const names = new Map<string, string>();
  for (const member of members.data ?? []) names.set(`person:${member.id}`, member.name || member.login);
  names.set(`${me.kind}:${me.id}`, me.name || me.login || 'You');
  return (actor) => {
    const known = names.get(actor);
    if (known) return known;
    if (actor === 'system') return 'Keyfence';
    if (actor === 'anonymous') return 'Somebody not signed in';
    return actor.startsWith('token:') ? `Token ${actor.slice(6)}` : actor.replace(/^person:/, 'Person ');
  };
}
