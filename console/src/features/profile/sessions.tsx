import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ask } from '@/api/client.ts';
import type { OpenSession } from '@/api/types.ts';
import { Address, Badge } from '@/components/bits.tsx';
import { EndButton } from '@/components/people.tsx';
import { TablePanel } from '@/components/table_panel.tsx';
import { Time } from '@/components/time.tsx';
import { say, sayError } from '@/components/toast.ts';

/** "Chromium on Linux" of what a browser says about itself. */
export function programOf(userAgent: string): string {
  const browsers: [RegExp, string][] = [
    [/Edg\//, 'Edge'],
    [/Firefox\//, 'Firefox'],
    [/HeadlessChrome\//, 'Chromium'],
    [/Chrom(e|ium)\//, 'Chrome'],
    [/Safari\//, 'Safari'],
    [/curl\//, 'curl'],
  ];
  const systems: [RegExp, string][] = [
    [/Android/, 'Android'],
    [/iPhone|iPad/, 'iOS'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'macOS'],
    [/Linux/, 'Linux'],
  ];
  const browser = browsers.find(([pattern]) => pattern.test(userAgent))?.[1];
  const system = systems.find(([pattern]) => pattern.test(userAgent))?.[1];
  if (!browser) return userAgent.slice(0, 60) || 'Unknown program';
  return system ? `${browser} on ${system}` : browser;
}

export function Sessions() {
  const queries = useQueryClient();
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: async () => (await ask<{ items: OpenSession[] }>('GET', '/me/sessions')).items,
  });
  const end = async (id: string | undefined) => {
    try {
      await ask('DELETE', id === undefined ? '/me/sessions' : `/me/sessions/${id}`);
      say(id === undefined ? 'All other sessions have ended.' : 'The session has ended.');
    } catch (error) {
      sayError(error);
    }
    await queries.invalidateQueries({ queryKey: ['sessions'] });
  };
  const others = (sessions.data ?? []).filter((session) => !session.current).length;
  return (
    <TablePanel
      title="Where you are signed in"
      aside={
        others > 0 && (
          <Button size="compact-md" variant="default" onClick={() => end(undefined)}>
            End all others
          </Button>
        )
      }
      query={sessions}
      rows={sessions.data}
      keyOf={(session) => session.id}
      columns={[
        {
          name: 'Program',
          kind: 'head',
          cell: (session) => <span title={session.user_agent}>{programOf(session.user_agent)}</span>,
        },
        { name: 'From', cell: (session) => <Address of={session.address} /> },
        { name: 'Since', cell: (session) => <Time at={session.created_at} /> },
        { name: 'Last seen', cell: (session) => <Time at={session.last_seen_at} /> },
        {
          name: 'Actions',
          kind: 'actions',
          cell: (session) =>
            session.current ? (
              <Badge tone="ok">this one</Badge>
            ) : (
              <EndButton
                verb="End"
                what={`the session of ${programOf(session.user_agent)}`}
                onClick={() => end(session.id)}
              />
            ),
        },
      ]}
    />
  );
}
