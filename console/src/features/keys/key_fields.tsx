import { SimpleGrid, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import type { ProblemError } from '@/api/problem.ts';
import type { KeyForm } from './key_facts.ts';

interface KeyFieldsProps {
  value: KeyForm;
  onChange: (change: Partial<KeyForm>) => void;
  problem?: ProblemError | undefined;
  autoFocus?: boolean;
}

const scopePattern = /^[0-9A-Za-z._:/*-]{1,64}$/;

export function KeyFields({ value, onChange, problem, autoFocus }: KeyFieldsProps) {
  const wrongScope = value.scopes.find((scope) => !scopePattern.test(scope));
  const scopeError = problem?.problem.errors?.find((error) => error.pointer?.startsWith('/scopes'));
  return (
    <Stack>
      <TextInput
        label="Name"
        placeholder="Billing service"
        maxLength={100}
        value={value.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
        error={problem?.field('/name')?.message ?? (problem?.is('duplicate_name') ? problem.message : undefined)}
        autoFocus={autoFocus}
        required
      />
      <Textarea
        label="Description"
        placeholder="What uses it, and who looks after that"
        maxLength={500}
        autosize
        minRows={2}
        value={value.description}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
        error={problem?.field('/description')?.message}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TagsInput
          label="Scopes"
          description="Enter after each; a route of the gateway names those it requires"
          placeholder={value.scopes.length === 0 ? 'messages:read' : undefined}
          maxTags={32}
          splitChars={[',', ' ']}
          acceptValueOnBlur
          value={value.scopes}
          onChange={(scopes) => onChange({ scopes })}
          error={
            wrongScope ? `“${wrongScope}” is no scope: letters, digits and . _ : / * - only.` : scopeError?.message
          }
        />
        <TextInput
          type="datetime-local"
          label="Ends"
          description="In your time zone; empty means never"
          value={value.ends}
          onChange={(event) => onChange({ ends: event.currentTarget.value })}
          error={problem?.field('/expires_at')?.message}
        />
      </SimpleGrid>
    </Stack>
  );
}
