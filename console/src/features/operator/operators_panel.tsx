// Who runs the instance. The API asks for the password again before any of this changes; the gate in api/ sees to it.
import { Button, Stack, Text, TextInput } from '@mantine/core';
import { IconUserPlus, IconUsers } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import { ProblemError } from '@/api/problem.ts';
import { allPages, useMe } from '@/api/queries.ts';
import type { Operator } from '@/api/types.ts';
import { Empty, Problem } from '@/components/bits.tsx';
import { SecretOnce } from '@/components/copy.tsx';
import { Dialog, DialogFoot, useQuestion } from '@/components/dialog.tsx';
import { EndButton, personColumn, personName, signInColumns } from '@/components/people.tsx';
import { TablePanel } from '@/components/table_panel.tsx';
import { Time } from '@/components/time.tsx';
import { say } from '@/components/toast.ts';

const listKey = ['operators'];

interface Made {
  operator: Operator;
  password: string;
}

function NewOperator({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const [login, setLogin] = useState('');
  const [name, setName] = useState('');
  const [made, setMade] = useState<Made>();
  const [error, setError] = useState<unknown>();
  const create = async () => {
    setError(undefined);
    try {
      setMade(await ask<Made>('POST', '/operators', { body: { login: login.trim(), name: name.trim() } }));
      await queries.invalidateQueries({ queryKey: listKey });
    } catch (thrown) {
      setError(thrown);
    }
  };
  if (made) {
    return (
      <Stack>
        <Text>
          Give {made.operator.name} this password, in a way that nobody else reads. It cannot be shown again; ask them
          to change it, and to set up a second factor, at once.
        </Text>
        <SecretOnce value={made.password} label={`Password of ${made.operator.login}`} />
        <DialogFoot>
          <Button onClick={onClose}>I have copied it</Button>
        </DialogFoot>
      </Stack>
    );
  }
  const problem = error instanceof ProblemError ? error : undefined;
  const wrongLogin = problem?.field('/login')?.message;
  const wrongName = problem?.field('/name')?.message;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <Stack>
        <TextInput
          label="Login"
          description="Their e-mail address, or another name to sign in with"
          autoCapitalize="none"
          spellCheck={false}
          value={login}
          onChange={(event) => setLogin(event.currentTarget.value)}
          error={wrongLogin}
          required
          data-autofocus
        />
        <TextInput
          label="Name"
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={wrongName}
          required
        />
        {!wrongLogin && !wrongName && <Problem error={error} />}
      </Stack>
      <DialogFoot>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit">Make operator</Button>
      </DialogFoot>
    </form>
  );
}

export function OperatorsPanel() {
  const me = useMe();
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [question, askFirst] = useQuestion();
  const operators = useQuery({ queryKey: listKey, queryFn: () => allPages<Operator>('/operators') });
  const remove = (operator: Operator) =>
    askFirst({
      title: `Remove ${personName(operator)}?`,
      body: (
        <Text>
          They are signed out and can no longer run this instance. Where they are a member of an account they stay one;
          tokens that they made go on.
        </Text>
      ),
      confirmLabel: 'Remove the operator',
      danger: true,
      run: async () => {
        await ask('DELETE', `/operators/${operator.id}`);
        await queries.invalidateQueries({ queryKey: listKey });
        say(`${personName(operator)} is no operator any more.`);
      },
    });
  const isLast = operators.data?.length === 1;
  return (
    <>
      <TablePanel
        title="Operators"
        aside={
          <Button
            size="compact-md"
            leftSection={<IconUserPlus size={15} aria-hidden />}
            onClick={() => setAdding(true)}
          >
            Add operator
          </Button>
        }
        query={operators}
        rows={operators.data}
        keyOf={(operator) => operator.id}
        nameOf={(operator) => operator.login}
        empty={
          <Empty icon={<IconUsers />} title="No person is an operator">
            This instance is run with tokens alone.
          </Empty>
        }
        columns={[
          personColumn,
          ...signInColumns('warn'),
          { name: 'Since', cell: (operator) => <Time at={operator.created_at} style="date" /> },
          {
            name: 'Actions',
            kind: 'actions',
            cell: (operator) =>
              operator.id !== me.id &&
              !isLast && <EndButton verb="Remove" what={personName(operator)} onClick={() => remove(operator)} />,
          },
        ]}
      />
      <Dialog opened={adding} onClose={() => setAdding(false)} title="Add an operator">
        {adding && <NewOperator onClose={() => setAdding(false)} />}
      </Dialog>
      {question}
    </>
  );
}
