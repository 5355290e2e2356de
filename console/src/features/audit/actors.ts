// Names of those who changed something, where the person looking may know them.
import { useQuery } from '@tanstack/react-query';
import { allPages, roleIn, useMe } from '@/api/queries.ts';
import type { Member, Token } from '@/api/types.ts';

/** By the actor's id, as `person:per_…`. */
export function useKnownActors(accountId: string | undefined): Map<string, string> {
  const me = useMe();
  const members = useQuery({
    queryKey: ['members', accountId],
    enabled: accountId !== undefined,
    retry: false,
    queryFn: () => allPages<Member>(`/accounts/${accountId}/members`),
  });
  const tokens = useQuery({
    queryKey: ['tokens'],
    enabled: me.operator || roleIn(me, accountId) === 'owner',
    retry: false,
    queryFn: () => allPages<Token>('/tokens'),
  });
  const names = new Map<string, string>();
  for (const member of members.data ?? []) names.set(`person:${member.id}`, member.name || member.login);
  for (const token of tokens.data ?? []) names.set(`token:${token.id}`, `Token ${token.name}`);
  names.set(`${me.kind}:${me.id}`, me.name || me.login || 'You');
  return names;
}

export function useActorName(accountId: string | undefined): (actor: string) => string {
  const names = useKnownActors(accountId);
  return (actor) => names.get(actor) ?? unknownActor(actor);
}

export function unknownActor(actor: string): string {
  if (actor === 'system') return 'Keyfence';
  if (actor === 'anonymous') return 'Somebody not signed in';
  if (actor === 'cli') return 'The command line on the machine';
  return actor.startsWith('token:') ? `Token ${actor.slice(6)}` : actor.replace(/^person:/, 'Person ');
}
