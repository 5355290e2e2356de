// A log as a file, with the page's filters; counts the rows as they arrive and can be stopped.
import { Button } from '@mantine/core';
import { IconDownload, IconX } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { type Query, respond } from '@/api/client.ts';
import { say, sayError } from './toast.ts';

const newline = 10;

function saveAs(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const kinds = {
  csv: { label: 'Export CSV', type: 'text/csv', headLines: 1 },
  jsonl: { label: 'Export JSON', type: 'application/jsonl', headLines: 0 },
} as const;

interface ExportButtonProps {
  /** /usage or /audit: the path of the list, to which the kind is added. */
  of: '/usage' | '/audit';
  kind: keyof typeof kinds;
  filter: Query;
}

export function ExportButton({ of: path, kind, filter }: ExportButtonProps) {
  const { label, type, headLines } = kinds[kind];
  const [rows, setRows] = useState<number>();
  const stop = useRef<AbortController>(undefined);
  const run = async () => {
    const controller = new AbortController();
    stop.current = controller;
    setRows(0);
    try {
      const response = await respond('GET', `${path}.${kind}`, { query: filter, signal: controller.signal });
      const chunks: BlobPart[] = [];
      let lines = 0;
      const reader = response.body!.getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        chunks.push(part.value);
        for (const byte of part.value) if (byte === newline) lines++;
        setRows(Math.max(0, lines - headLines));
      }
      const day = new Date().toISOString().slice(0, 10);
      saveAs(new Blob(chunks, { type }), `keyfence-${path.slice(1)}-${day}.${kind}`);
      say(`${Math.max(0, lines - headLines).toLocaleString('en')} rows exported.`);
    } catch (error) {
      if (!controller.signal.aborted) sayError(error);
    } finally {
      setRows(undefined);
    }
  };
  return rows === undefined ? (
    <Button variant="default" leftSection={<IconDownload size={15} aria-hidden />} onClick={run}>
      {label}
    </Button>
  ) : (
    <Button variant="default" leftSection={<IconX size={15} aria-hidden />} onClick={() => stop.current?.abort()}>
      {rows.toLocaleString('en')} rows… Stop
    </Button>
  );
}
