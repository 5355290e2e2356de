// The fields that filters of several pages are made of. Each hands on what was chosen; the page keeps it in its address.
import { Button, Group, Popover, Stack, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { localTime } from './local_time.ts';

interface TextFilterProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  font?: 'text' | 'mono';
}

/** Counts a moment after the last letter. */
export function TextFilter({ label, value, onChange, font = 'text' }: TextFilterProps) {
  const [typed, setTyped] = useState(value);
  const settle = useDebouncedCallback(onChange, 400);
  useEffect(() => setTyped(value), [value]);
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      value={typed}
      spellCheck={false}
      styles={
        font === 'mono' && typed !== '' ? { input: { fontFamily: 'var(--mantine-font-family-monospace)' } } : undefined
      }
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        settle(event.currentTarget.value.trim());
      }}
      w={{ base: 'calc(50% - 5px)', xs: 190 }}
    />
  );
}

export interface TimeSearch {
  /** The value of one of the ranges; counts where neither from nor until is told. */
  range?: string | undefined;
  from?: string | undefined;
  until?: string | undefined;
}

export interface TimeRange {
  value: string;
  label: string;
}

interface TimeFilterProps {
  search: TimeSearch;
  ranges: readonly TimeRange[];
  /** The range that an address without one means. */
  standard: string;
  onChange: (change: TimeSearch) => void;
}

const shown = (time: string | undefined, otherwise: string) => (time ? localTime(time).replace('T', ' ') : otherwise);

export function TimeFilter({ search, ranges, standard, onChange }: TimeFilterProps) {
  const [opened, setOpened] = useState(false);
  const isOwn = Boolean(search.from || search.until);
  const range = search.range ?? standard;
  const text = isOwn
    ? `${shown(search.from, '…')} to ${shown(search.until, 'now')}`
    : (ranges.find(({ value }) => value === range)?.label ?? 'Time');
  const time = (value: string) => (value === '' ? undefined : new Date(value).toISOString());
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" onClick={() => setOpened(!opened)} aria-label={`Time: ${text}`}>
          {text}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Span of time">
        <Stack gap="sm">
          <Group gap="xs">
            {ranges.map(({ value, label }) => (
              <Button
                key={value}
                size="compact-sm"
                variant={!isOwn && range === value ? 'filled' : 'default'}
                onClick={() => {
                  onChange({ range: value === standard ? undefined : value, from: undefined, until: undefined });
                  setOpened(false);
                }}
              >
                {label}
              </Button>
            ))}
          </Group>
          <Group gap="xs">
            <TextInput
              type="datetime-local"
              label="From"
              value={localTime(search.from)}
              onChange={(event) => onChange({ from: time(event.currentTarget.value) })}
            />
            <TextInput
              type="datetime-local"
              label="Until"
              value={localTime(search.until)}
              onChange={(event) => onChange({ until: time(event.currentTarget.value) })}
            />
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
