// Which account is looked at, where there are several.
import { Select } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { Choice } from './account_choice.ts';

export default function AccountSelect({ choices, account }: { choices: Choice[]; account: Choice }) {
  const navigate = useNavigate();
  return (
    <Select
      aria-label="Account"
      data={choices.map(({ id, name }) => ({ value: id, label: name }))}
      value={account.id}
      searchable={choices.length > 7}
      onChange={(id) => id && navigate({ to: '/a/$accountId', params: { accountId: id } })}
    />
  );
}
