import { Button, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconUserPlus, IconUsers } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import { allPages, useMe } from '@/api/queries.ts';
import type { Invitation, InvitationWithToken, Member, Role } from '@/api/types.ts';
import { Empty, Note, Problem } from '@/components/bits.tsx';
import { SecretOnce } from '@/components/copy.tsx';
import { Dialog, DialogFoot, useQuestion } from '@/components/dialog.tsx';
import { EndButton, personColumn, personName, signInColumns } from '@/components/people.tsx';
import { TablePanel } from '@/components/table_panel.tsx';
import { Time } from '@/components/time.tsx';
import { say, sayError } from '@/components/toast.ts';
import { accountRoles, roleText } from './roles.ts';

interface MembersTabProps {
  accountId: string;
  access: 'manage' | 'read';
}

const roleChoices = accountRoles.map((role) => ({ value: role, label: roleText[role].name }));

function Invite({ accountId, onClose }: { accountId: string; onClose: () => void }) {
  const queries = useQueryClient();
  const [login, setLogin] = useState('');
  const [role, setRole] = useState<Role>('admin');
  const [made, setMade] = useState<InvitationWithToken>();
  const [error, setError] = useState<unknown>();
  const invite = async () => {
    setError(undefined);
    try {
      const body = { login: login.trim(), role };
      setMade(await ask<InvitationWithToken>('POST', `/accounts/${accountId}/invitations`, { body }));
      await queries.invalidateQueries({ queryKey: ['invitations', accountId] });
    } catch (thrown) {
      setError(thrown);
    }
  };
  if (made) {
    return (
      <Stack>
        <Text>
          Send this link to {made.login}, in a way that nobody else reads. It works once, until{' '}
          <Time at={made.expires_at} style="date" />, and cannot be shown again.
        </Text>
        <SecretOnce value={`${window.location.origin}/invitation#${made.token}`} label="Link of the invitation" />
        <DialogFoot>
          <Button onClick={onClose}>Done</Button>
        </DialogFoot>
      </Stack>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void invite();
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
          required
          data-autofocus
        />
        <Select
          label="Role"
          description={roleText[role].may}
          data={roleChoices}
          value={role}
          onChange={(value) => value && setRole(value as Role)}
        />
        <Problem error={error} />
      </Stack>
      <DialogFoot>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit">Make invitation</Button>
      </DialogFoot>
    </form>
  );
}

export function MembersTab({ accountId, access }: MembersTabProps) {
  const me = useMe();
  const queries = useQueryClient();
  const [inviting, setInviting] = useState(false);
  const [question, askFirst] = useQuestion();
  const members = useQuery({
    queryKey: ['members', accountId],
    queryFn: () => allPages<Member>(`/accounts/${accountId}/members`),
  });
  const invitations = useQuery({
    queryKey: ['invitations', accountId],
    enabled: access === 'manage',
    queryFn: () => allPages<Invitation>(`/accounts/${accountId}/invitations`),
  });
  const reread = () => queries.invalidateQueries({ queryKey: ['members', accountId] });
  const setRole = async (member: Member, role: Role) => {
    try {
      await ask('PATCH', `/accounts/${accountId}/members/${member.id}`, { body: { role } });
      say(`${personName(member)} is ${roleText[role].name.toLowerCase()} now.`);
    } catch (error) {
      sayError(error);
    }
    await reread();
  };
  const remove = (member: Member) =>
    askFirst({
      title: member.id === me.id ? 'Leave this account?' : `Remove ${personName(member)}?`,
      body: <Text>Access to this account ends at once. What was done stays in the audit log.</Text>,
      confirmLabel: member.id === me.id ? 'Leave' : 'Remove',
      danger: true,
      run: async () => {
        await ask('DELETE', `/accounts/${accountId}/members/${member.id}`);
        await reread();
      },
    });
  const takeBack = async (invitation: Invitation) => {
    try {
      await ask('DELETE', `/accounts/${accountId}/invitations/${invitation.id}`);
      await queries.invalidateQueries({ queryKey: ['invitations', accountId] });
      say(`The invitation of ${invitation.login} is taken back.`);
    } catch (error) {
      sayError(error);
    }
  };
  const button = access === 'manage' && (
    <Button size="compact-md" leftSection={<IconUserPlus size={15} aria-hidden />} onClick={() => setInviting(true)}>
      Invite
    </Button>
  );
  return (
    <>
      <TablePanel
        title="Members"
        aside={members.data && members.data.length > 0 && button}
        query={members}
        rows={members.data}
        keyOf={(member) => member.id}
        nameOf={personName}
        empty={
          <Empty icon={<IconUsers />} title="Nobody works on this account yet" action={button}>
            Invite its owner: they create keys, set allowlists and invite the rest.
          </Empty>
        }
        columns={[
          personColumn,
          {
            name: 'Role',
            cell: (member) =>
              access === 'manage' ? (
                <Select
                  aria-label={`Role of ${personName(member)}`}
                  data={roleChoices}
                  value={member.role}
                  onChange={(role) => role && setRole(member, role as Role)}
                  w={120}
                  size="xs"
                />
              ) : (
                roleText[member.role].name
              ),
          },
          ...signInColumns('quiet'),
          {
            name: 'Actions',
            kind: 'actions',
            cell: (member) =>
              access === 'manage' && (
                <EndButton
                  verb={member.id === me.id ? 'Leave' : 'Remove'}
                  what={member.id === me.id ? 'this account' : personName(member)}
                  onClick={() => remove(member)}
                />
              ),
          },
        ]}
      />
      {access === 'manage' && invitations.data && invitations.data.length > 0 && (
        <TablePanel
          title="Invitations under way"
          query={invitations}
          rows={invitations.data}
          keyOf={(invitation) => invitation.id}
          nameOf={(invitation) => invitation.login}
          columns={[
            { name: 'Login', kind: 'head', cell: (invitation) => invitation.login },
            { name: 'Role', cell: (invitation) => roleText[invitation.role].name },
            { name: 'Works until', cell: (invitation) => <Time at={invitation.expires_at} style="date" /> },
            {
              name: 'Actions',
              kind: 'actions',
              cell: (invitation) => (
                <EndButton
                  verb="Take back"
                  what={`the invitation of ${invitation.login}`}
                  onClick={() => takeBack(invitation)}
                />
              ),
            },
          ]}
        />
      )}
      {access === 'read' && (
        <div style={{ marginTop: 16 }}>
          <Note tone="quiet">Owners invite and remove members.</Note>
        </div>
      )}
      <Dialog opened={inviting} onClose={() => setInviting(false)} title="Invite a person">
        {inviting && <Invite accountId={accountId} onClose={() => setInviting(false)} />}
      </Dialog>
      {question}
    </>
  );
}
