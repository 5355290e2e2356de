import { Radio, Stack } from '@mantine/core';
import type { ListMode, WhenEmpty } from '@/api/types.ts';
import css from './list.module.css';

interface ListSettingsProps {
  mode: ListMode;
  whenEmpty: WhenEmpty;
  onChange: (change: { mode?: ListMode; when_empty?: WhenEmpty }) => void;
  disabled?: boolean;
}

/** How a list is enforced, and what it means without entries. */
export function ListSettings({ mode, whenEmpty, onChange, disabled }: ListSettingsProps) {
  return (
    <div className={css.settings}>
      <Radio.Group
        label="While the list has no entries"
        value={whenEmpty}
        onChange={(value) => onChange({ when_empty: value as WhenEmpty })}
      >
        <Stack gap={8} mt={8}>
          <Radio value="allow" label="Any address may call" disabled={disabled} />
          <Radio value="deny" label="No address may call until one is added" disabled={disabled} />
        </Stack>
      </Radio.Group>
      <Radio.Group label="What the list does" value={mode} onChange={(value) => onChange({ mode: value as ListMode })}>
        <Stack gap={8} mt={8}>
          <Radio value="enforce" label="Enforce: block what it does not admit" disabled={disabled} />
          <Radio value="monitor" label="Monitor: let it pass, and log what would be blocked" disabled={disabled} />
          <Radio value="off" label="Off: do not look at this list" disabled={disabled} />
        </Stack>
      </Radio.Group>
    </div>
  );
}
