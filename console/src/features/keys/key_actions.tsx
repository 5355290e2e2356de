// The menu of three dots: IP allowlist, rotate, disable, revoke, delete.
import { ActionIcon, Menu, Stack, Text } from '@mantine/core';
import {
  IconActivity,
  IconBan,
  IconDots,
  IconListCheck,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { ask } from '@/api/client.ts';
import type { Key, KeyWithSecret } from '@/api/types.ts';
import { useQuestion } from '@/components/dialog.tsx';
import { enforcedAt, say, sayError } from '@/components/toast.ts';
import { SecretDialog } from './secret_dialog.tsx';

export function KeyActions({ of: key, place }: { of: Key; place: 'list' | 'page' }): ReactNode {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [question, askFirst] = useQuestion();
  const [fresh, setFresh] = useState<KeyWithSecret>();
  const reread = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['keys', key.account_id] }),
      queries.invalidateQueries({ queryKey: ['key', key.id] }),
    ]);
  const setState = async (state: 'active' | 'disabled') => {
    const { revision } = await ask<Key>('PATCH', `/keys/${key.id}`, { body: { state } });
    await reread();
    const back = state === 'active' ? 'disabled' : 'active';
    say(`${key.name} is ${state}. ${enforcedAt(revision)}.`, { label: 'Undo', run: () => setState(back) });
  };
  const revoke = async () => {
    const { revision } = await ask<Key>('POST', `/keys/${key.id}/revoke`);
    await reread();
    say(`${key.name} is revoked. ${enforcedAt(revision)}.`);
  };
  const rotate = async () => {
    setFresh(await ask<KeyWithSecret>('POST', `/keys/${key.id}/rotate`));
    await reread();
  };
  const destroy = async () => {
    await ask('DELETE', `/keys/${key.id}`);
    await queries.invalidateQueries({ queryKey: ['keys', key.account_id] });
    say(`${key.name} is deleted.`);
    if (place === 'page') await navigate({ to: '/a/$accountId/keys', params: { accountId: key.account_id } });
  };
  const usable = key.state !== 'revoked';
  return (
    <>
      <Menu position="bottom-end" shadow="md" width={210}>
        <Menu.Target>
          <ActionIcon
            aria-label={`Actions for ${key.name}`}
            size="lg"
            variant={place === 'page' ? 'default' : 'subtle'}
          >
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {place === 'list' && (
            <Menu.Item
              leftSection={<IconListCheck size={16} />}
              onClick={() =>
                navigate({ to: '/a/$accountId/keys/$keyId', params: { accountId: key.account_id, keyId: key.id } })
              }
            >
              IP allowlist
            </Menu.Item>
          )}
          <Menu.Item
            leftSection={<IconActivity size={16} />}
            onClick={() =>
              navigate({ to: '/a/$accountId/usage', params: { accountId: key.account_id }, search: { key_id: key.id } })
            }
          >
            Usage logs
          </Menu.Item>
          {usable && <Menu.Divider />}
          {usable && (
            <Menu.Item
              leftSection={<IconRefresh size={16} />}
              onClick={() =>
                askFirst({
                  title: `Rotate ${key.name}?`,
                  body: (
                    <Text>
                      It gets a new secret, and the old one ends at once. Name, scopes and allowlist stay as they are.
                    </Text>
                  ),
                  confirmLabel: 'Rotate',
                  run: rotate,
                })
              }
            >
              Rotate
            </Menu.Item>
          )}
          {key.state === 'active' && (
            <Menu.Item leftSection={<IconPlayerPause size={16} />} onClick={() => setState('disabled').catch(sayError)}>
              Disable
            </Menu.Item>
          )}
          {key.state === 'disabled' && (
            <Menu.Item leftSection={<IconPlayerPlay size={16} />} onClick={() => setState('active').catch(sayError)}>
              Enable
            </Menu.Item>
          )}
          <Menu.Divider />
          {usable && (
            <Menu.Item
              color="red"
              leftSection={<IconBan size={16} />}
              onClick={() =>
                askFirst({
                  title: `Revoke ${key.name}?`,
                  body: <Text>It stops working at once and for good. To pause it instead, disable it.</Text>,
                  confirmLabel: 'Revoke for good',
                  danger: true,
                  run: revoke,
                })
              }
            >
              Revoke
            </Menu.Item>
          )}
          {!usable && (
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={16} />}
              onClick={() =>
                askFirst({
                  title: `Delete ${key.name}?`,
                  body: (
                    <Stack gap="xs">
                      <Text>The key and its allowlist go. What it did stays in the usage and audit logs.</Text>
                    </Stack>
                  ),
                  confirmLabel: 'Delete',
                  danger: true,
                  run: destroy,
                })
              }
            >
              Delete
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {question}
      <SecretDialog created={fresh} title="The new secret" onClose={() => setFresh(undefined)} />
    </>
  );
}
