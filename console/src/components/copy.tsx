// Things to copy, with one click.
import { ActionIcon, Button, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import css from './ui.module.css';

export function CopyIcon({ value, label }: { value: string; label: string }) {
  return (
    <CopyButton value={value} timeout={1600}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : label}>
          <ActionIcon aria-label={copied ? 'Copied' : label} onClick={copy} size="sm">
            {copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** A secret that is shown this once. */
export function SecretOnce({ value, label }: { value: string; label: string }) {
  return (
    <div className={css.secret}>
      <code data-secret={label}>{value}</code>
      <CopyButton value={value} timeout={2500}>
        {({ copied, copy }) => (
          <Button
            size="compact-sm"
            variant={copied ? 'light' : 'filled'}
            onClick={copy}
            leftSection={copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
          >
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}
