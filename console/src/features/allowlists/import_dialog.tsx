// Many entries at once: paste or choose a file, see what every line means, then all or nothing.
import { Button, Checkbox, FileButton, Group, Stack, Text, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconFileUpload, IconUpload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ask } from '@/api/client.ts';
import { hasCode } from '@/api/problem.ts';
import { whoamiQuery } from '@/api/queries.ts';
import type { Allowlist, ImportReport } from '@/api/types.ts';
import { Note, Problem } from '@/components/bits.tsx';
import { Dialog, DialogFoot } from '@/components/dialog.tsx';
import { enforcedAt, say } from '@/components/toast.ts';
import { admits } from '@/net/range.ts';
import { ImportPreview } from './import_preview.tsx';
import {
  type ImportSource,
  importLinesAdvised,
  importLinesMax,
  inputOfSource,
  isBinary,
  readImport,
} from './import_text.ts';
import { type ListOwner, listPath } from './list_api.ts';

interface ImportDialogProps {
  owner: ListOwner;
  opened: boolean;
  onClose: () => void;
  onImported: () => Promise<unknown>;
  facts: Allowlist;
}

const send = (owner: ListOwner, sources: ImportSource[], dryRun: boolean, skip: boolean, signal?: AbortSignal) =>
  ask<ImportReport>('POST', `${listPath(owner)}/import`, {
    query: { dry_run: dryRun, on_duplicate: skip ? 'skip' : 'fail' },
    body: { entries: sources.map(inputOfSource) },
    ...(signal ? { signal } : {}),
  });

export function ImportDialog({ owner, opened, onClose, onImported, facts }: ImportDialogProps) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Import entries" size={880}>
      {opened && <ImportForm owner={owner} onClose={onClose} onImported={onImported} facts={facts} />}
    </Dialog>
  );
}

function ImportForm({ owner, onClose, onImported, facts }: Omit<ImportDialogProps, 'opened'>) {
  const address = useQuery(whoamiQuery).data?.address ?? undefined;
  const [text, setText] = useState('');
  const [struck, setStruck] = useState<ReadonlySet<number>>(new Set());
  const [skip, setSkip] = useState(true);
  const [fileError, setFileError] = useState<string>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [settled] = useDebouncedValue(text, 350);
  const sources = useMemo(() => readImport(settled), [settled]);
  const taken = useMemo(() => sources.filter((source) => !struck.has(source.line)), [sources, struck]);
  const tooMany = taken.length > importLinesMax;
  const preview = useQuery({
    queryKey: ['import-preview', owner, settled, [...struck].join(), skip],
    enabled: taken.length > 0 && !tooMany,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: ({ signal }) => send(owner, taken, true, skip, signal),
  });
  const report = preview.data;
  const wrong = useMemo(
    () => report?.lines.flatMap((line, index) => (line.result === 'error' ? [taken[index]?.line ?? 0] : [])) ?? [],
    [report, taken],
  );

  const readFile = async (file: File | null) => {
    if (!file) return;
    setFileError(undefined);
    if (file.size > 16 * 1024 * 1024) {
      setFileError(`${file.name} is larger than 16 MiB. Split it, or use the command line.`);
      return;
    }
    const content = await file.text();
    if (isBinary(content)) {
      setFileError(`${file.name} is no text file. Save the sheet as CSV or text first.`);
      return;
    }
    setStruck(new Set());
    setText(content.replace(/^\ufeff/, ''));
  };
  const replaceLine = (line: number, next: string) =>
    setText(
      settled
        .split(/\r\n|\r|\n/)
        .map((old, index) => (index + 1 === line ? next : old))
        .join('\n'),
    );
  const store = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const done = await send(owner, taken, false, skip);
      await onImported();
      say(`${done.added.toLocaleString('en')} entries imported. ${enforcedAt(done.revision)}.`);
      onClose();
    } catch (thrown) {
      if (hasCode(thrown, 'import_refused')) await preview.refetch();
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };

  const closesToMine =
    report !== undefined &&
    report.added > 0 &&
    address !== undefined &&
    facts.entry_count === 0 &&
    facts.when_empty === 'allow' &&
    facts.mode === 'enforce' &&
    !report.lines.some((line) => line.canonical !== undefined && admits(line.canonical, address));
  const isReady =
    report !== undefined && report.failed === 0 && report.added > 0 && settled === text && !preview.isFetching;
  return (
    <Stack gap="md">
      <Textarea
        label="One entry per line; a name may follow after a comma"
        placeholder={'203.0.113.0/24, Office\n198.51.100.7, Build server\n2001:db8::/48 # lab'}
        minRows={5}
        maxRows={10}
        autosize
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } }}
        value={
          text.length > 400_000
            ? `${text.slice(0, 2_000)}\n… (${sources.length.toLocaleString('en')} entries from the file)`
            : text
        }
        readOnly={text.length > 400_000}
        onChange={(event) => {
          setStruck(new Set());
          setText(event.currentTarget.value);
        }}
        data-autofocus
      />
      <Group justify="space-between">
        <FileButton onChange={readFile} accept=".txt,.csv,.tsv,text/plain,text/csv">
          {(props) => (
            <Button {...props} variant="default" leftSection={<IconFileUpload size={16} aria-hidden />}>
              Choose a text or CSV file
            </Button>
          )}
        </FileButton>
        <Checkbox
          label="Skip what is in the list already"
          checked={skip}
          onChange={(event) => setSkip(event.currentTarget.checked)}
        />
      </Group>
      {fileError && (
        <Note tone="bad" live="assertive">
          {fileError}
        </Note>
      )}
      {tooMany && (
        <Note tone="bad" live="assertive">
          {taken.length.toLocaleString('en')} lines are more than the {importLinesMax.toLocaleString('en')} that one
          import takes. Split them.
        </Note>
      )}
      {!tooMany && taken.length > importLinesAdvised && (
        <Note tone="info">
          {taken.length.toLocaleString('en')} lines. Imports of up to {importLinesAdvised} are easier to look over; more
          work just as well.
        </Note>
      )}
      {preview.isError && <Problem error={preview.error} />}
      {report && (
        <ImportPreview
          report={report}
          sources={taken}
          onUse={replaceLine}
          onStrike={(line) => setStruck(new Set([...struck, line]))}
        />
      )}
      {closesToMine && (
        <Note tone="warn" title="This leaves your own address out">
          The list is open now. After the import <span className="kf-mono">{address}</span> will be blocked. The console
          stays open to you.
        </Note>
      )}
      <Problem error={error} />
      <DialogFoot>
        {struck.size > 0 && (
          <Text c="dimmed" size="sm" mr="auto">
            {struck.size.toLocaleString('en')} lines struck
          </Text>
        )}
        {wrong.length > 0 && (
          <Button variant="default" onClick={() => setStruck(new Set([...struck, ...wrong]))}>
            Strike the {wrong.length.toLocaleString('en')} wrong {wrong.length === 1 ? 'line' : 'lines'}
          </Button>
        )}
        <Button onClick={store} disabled={!isReady} loading={busy} leftSection={<IconUpload size={16} aria-hidden />}>
          {report && report.failed === 0 && report.added > 0
            ? `Import ${report.added.toLocaleString('en')} entries`
            : 'Import'}
        </Button>
      </DialogFoot>
    </Stack>
  );
}
