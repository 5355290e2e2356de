import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import type { Decision } from '@/api/types.ts';
import { Note, Problem } from '@/components/bits.tsx';
import { Panel } from '@/components/page.tsx';
import { Layers } from './layers.tsx';
import { reasonText } from './reasons.ts';

/** What a gateway would say to a request with this key from an address, asked without making one. */
export function TryAddress({ keyId }: { keyId: string }) {
  const [address, setAddress] = useState('');
  const [decision, setDecision] = useState<Decision>();
  const [error, setError] = useState<unknown>();
  const tryIt = async () => {
    setError(undefined);
    setDecision(undefined);
    try {
      setDecision(
        await ask<Decision>('POST', '/decisions', {
          query: { explain: true },
          body: { key_id: keyId, address: address.trim() },
        }),
      );
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <Panel title="Would it pass?" aside="As the gateway would decide now, without a request">
      <Stack>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void tryIt();
          }}
        >
          <Group align="end">
            <TextInput
              label="From this address"
              placeholder="203.0.113.5"
              value={address}
              onChange={(event) => setAddress(event.currentTarget.value)}
              styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
              w={{ base: '100%', xs: 260 }}
              spellCheck={false}
              required
            />
            <Button type="submit" variant="default">
              Try
            </Button>
          </Group>
        </form>
        <Problem error={error} />
        {decision && (
          <>
            <Note
              tone={decision.outcome === 'allow' ? (decision.would_deny ? 'warn' : 'ok') : 'bad'}
              title={decision.outcome === 'allow' ? 'It would pass' : `It would be blocked with ${decision.status}`}
              live="polite"
            >
              {reasonText[decision.reason]?.what}
            </Note>
            {decision.layers && <Layers of={decision.layers} />}
          </>
        )}
      </Stack>
    </Panel>
  );
}
