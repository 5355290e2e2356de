import { Button, Group, Radio, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import { ProblemError } from '@/api/problem.ts';
import { accountQuery, mayEdit, useMe } from '@/api/queries.ts';
import type { Account, ErrorStyle } from '@/api/types.ts';
import { Loading, Problem } from '@/components/bits.tsx';
import { CopyIcon } from '@/components/copy.tsx';
import { Panel } from '@/components/page.tsx';
import { enforcedAt, say } from '@/components/toast.ts';
import { styleExample, styleNames } from './error_styles.ts';

export function GeneralTab({ accountId }: { accountId: string }) {
  const account = useQuery(accountQuery(accountId));
  if (account.isError) return <Problem error={account.error} />;
  return account.data ? <GeneralForm key={account.data.revision} account={account.data} /> : <Loading />;
}

function GeneralForm({ account }: { account: Account }) {
  const me = useMe();
  const queries = useQueryClient();
  const [name, setName] = useState(account.name);
  const [style, setStyle] = useState<ErrorStyle | ''>(account.error_style ?? '');
  const [error, setError] = useState<unknown>();
  const editable = mayEdit(me, account.id);
  const changed = name.trim() !== account.name || style !== (account.error_style ?? '');
  const save = async () => {
    setError(undefined);
    try {
      const next = await ask<Account>('PATCH', `/accounts/${account.id}`, {
        body: { name: name.trim(), error_style: style === '' ? null : style },
      });
      queries.setQueryData(accountQuery(account.id).queryKey, next);
      void queries.invalidateQueries({ queryKey: ['accounts'] });
      void queries.invalidateQueries({ queryKey: ['me'] });
      say(`Saved. ${enforcedAt(next.revision)}.`);
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <Panel
      title="General"
      aside={
        <Group gap={4}>
          <span className="kf-mono">{account.id}</span>
          <CopyIcon value={account.id} label="Copy the id" />
        </Group>
      }
    >
      <Stack>
        <TextInput
          label="Name"
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          disabled={!editable}
          error={error instanceof ProblemError ? error.field('/name')?.message : undefined}
          maw={420}
        />
        <Radio.Group
          label="Body of a refused request"
          description="What programs that use this account's keys get to read"
          value={style}
          onChange={(value) => setStyle(value as ErrorStyle | '')}
        >
          <Stack gap="sm" mt="sm">
            <Radio value="" label="As the instance" disabled={!editable} />
            {(['envelope', 'flat', 'problem'] as const).map((one) => (
              <Radio
                key={one}
                value={one}
                disabled={!editable}
                label={styleNames[one]}
                description={<code style={{ overflowWrap: 'anywhere' }}>{styleExample[one]}</code>}
              />
            ))}
          </Stack>
        </Radio.Group>
        <Problem error={error} />
        {editable && (
          <Group>
            <Button onClick={save} disabled={!changed || name.trim() === ''}>
              Save
            </Button>
          </Group>
        )}
      </Stack>
    </Panel>
  );
}
