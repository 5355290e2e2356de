// One entry: IP or range, name, and where wanted its end. Says as one types what it means.
import { Anchor, Button, Group, SegmentedControl, Switch, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useId, useMemo, useRef, useState } from 'react';
import type { EntryInput, Limits, ParsedEntry } from '@/api/types.ts';
import { localTime, rfc3339 } from '@/components/local_time.ts';
import { sayError } from '@/components/toast.ts';
import css from './list.module.css';
import { MeaningLine } from './meaning_line.tsx';
import { meaningQuery, overlapText, refusal, type Standing, useMeaning } from './parsing.ts';

export interface FormValue {
  kind: 'ip' | 'range';
  text: string;
  to: string;
  label: string;
  enabled: boolean;
  /** As datetime-local wants it, in the viewer's zone. */
  ends: string;
}

const emptyValue: FormValue = { kind: 'ip', text: '', to: '', label: '', enabled: true, ends: '' };

export function formValueOf(entry: EntryInput): FormValue {
  const ends = localTime(entry.expires_at);
  const rest = { label: entry.label ?? '', enabled: entry.enabled ?? true, ends };
  const range = /^\s*(\S+?)\s*[-\u2013]\s*(\S+)\s*$/.exec(entry.text);
  return range
    ? { kind: 'range', text: range[1]!, to: range[2]!, ...rest }
    : { kind: 'ip', text: entry.text, to: '', ...rest };
}

const typed = ({ kind, text, to }: FormValue): string => {
  if (kind === 'ip') return text.trim();
  return text.trim() === '' || to.trim() === '' ? '' : `${text.trim()} - ${to.trim()}`;
};

interface EntryFormProps {
  initial?: EntryInput;
  standing: Standing[];
  limits: Limits | undefined;
  submitLabel: string;
  /** 'kept' where nothing was done yet: what is typed stays. */
  onSubmit: (entry: EntryInput, parsed: ParsedEntry) => Promise<'done' | 'kept'> | undefined;
  onCancel?: () => void;
  /** Beside the hint, such as buttons that fill in. */
  children?: (fill: (text: string, label?: string) => void) => ReactNode;
  autoFocus?: boolean;
  busy?: boolean;
}

export function EntryForm(props: EntryFormProps) {
  const { initial, standing, limits, submitLabel, onSubmit, onCancel, children } = props;
  const [value, setValue] = useState<FormValue>(() => (initial ? formValueOf(initial) : emptyValue));
  const [more, setMore] = useState(Boolean(initial && (initial.expires_at || initial.enabled === false)));
  const [busy, setBusy] = useState(false);
  const meaningId = useId();
  const queries = useQueryClient();
  const field = useRef<HTMLInputElement>(null);
  const text = typed(value);
  const meaning = useMeaning(text);
  const parsed = meaning?.parsed;
  const [refused, overlap] = useMemo(
    () => (parsed ? [refusal(parsed, standing, limits), overlapText(parsed, standing)] : []),
    [parsed, standing, limits],
  );
  const set = (change: Partial<FormValue>) => setValue((before) => ({ ...before, ...change }));
  const fill = (next: string, label?: string) => {
    setValue((before) => ({ ...formValueOf({ text: next, label: label ?? before.label }), ends: before.ends }));
    field.current?.focus();
  };
  const isWrong = meaning?.mistake !== undefined || refused !== undefined;
  const add = async () => {
    // Enter may come before the answer to the last letter.
    const { parsed } = meaning ?? (await queries.fetchQuery(meaningQuery(text)));
    if (!parsed || refusal(parsed, standing, limits)) {
      field.current?.focus();
      return;
    }
    const entry = { text, label: value.label.trim(), enabled: value.enabled, expires_at: rfc3339(value.ends) };
    if ((await onSubmit(entry, parsed)) !== 'kept' && !initial) {
      setValue(emptyValue);
      field.current?.focus();
    }
  };
  const submit = async () => {
    if (text === '') return;
    setBusy(true);
    try {
      await add();
    } catch (error) {
      sayError(error);
    } finally {
      setBusy(false);
    }
  };
  const addressInput = {
    classNames: { root: css.addressInput! },
    autoComplete: 'off',
    autoCapitalize: 'none',
    spellCheck: false,
    'aria-describedby': meaningId,
    'aria-invalid': isWrong || undefined,
  };
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        event.stopPropagation();
        void submit();
      }}
    >
      <div className={css.fields}>
        <SegmentedControl
          aria-label="Kind of entry"
          size="sm"
          h={36}
          data={[
            { value: 'ip', label: 'IP' },
            { value: 'range', label: 'Range' },
          ]}
          value={value.kind}
          onChange={(kind) => set({ kind: kind as FormValue['kind'] })}
        />
        {value.kind === 'ip' ? (
          <TextInput
            {...addressInput}
            ref={field}
            label="Address or CIDR"
            placeholder="203.0.113.5 or 203.0.113.0/24"
            value={value.text}
            onChange={(event) => set({ text: event.currentTarget.value })}
            autoFocus={props.autoFocus}
          />
        ) : (
          <div className={css.pair}>
            <TextInput
              {...addressInput}
              ref={field}
              label="From"
              placeholder="203.0.113.10"
              value={value.text}
              onChange={(event) => set({ text: event.currentTarget.value })}
              autoFocus={props.autoFocus}
            />
            <span aria-hidden>to</span>
            <TextInput
              {...addressInput}
              label="To"
              placeholder="203.0.113.20"
              value={value.to}
              onChange={(event) => set({ to: event.currentTarget.value })}
            />
          </div>
        )}
        <TextInput
          label="Name"
          placeholder="Office, build server, …"
          maxLength={100}
          value={value.label}
          onChange={(event) => set({ label: event.currentTarget.value })}
        />
        <Group gap="xs" wrap="nowrap">
          <Button type="submit" loading={busy || props.busy} disabled={isWrong || text === ''}>
            {submitLabel}
          </Button>
          {onCancel && (
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
          )}
        </Group>
      </div>
      <MeaningLine
        id={meaningId}
        meaning={meaning}
        refused={refused}
        overlap={overlap}
        onSuggestion={(suggestion) => fill(suggestion)}
        hint={
          value.kind === 'ip'
            ? 'IPv4 or IPv6; one address, or a network as 203.0.113.0/24.'
            : 'Both ends are included; both of the same family.'
        }
      />
      {more && (
        <Group gap="lg" align="end">
          <TextInput
            type="datetime-local"
            label="Ends"
            description="In your time zone; empty means never"
            value={value.ends}
            onChange={(event) => set({ ends: event.currentTarget.value })}
          />
          <Switch
            label="In use"
            checked={value.enabled}
            onChange={(event) => set({ enabled: event.currentTarget.checked })}
            pb={6}
          />
        </Group>
      )}
      <div className={css.quick}>
        {children?.(fill)}
        {!more && (
          <Anchor component="button" type="button" size="sm" mih={24} onClick={() => setMore(true)}>
            Set an end…
          </Anchor>
        )}
      </div>
    </form>
  );
}
