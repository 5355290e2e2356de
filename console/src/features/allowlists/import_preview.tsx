import { Button, Group, SegmentedControl } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { ImportReport } from '@/api/types.ts';
import { Badge } from '@/components/bits.tsx';
import { shortForm } from '@/net/range.ts';
import type { ImportSource } from './import_text.ts';
import css from './list.module.css';
import { VirtualRows } from './virtual_rows.tsx';

interface ImportPreviewProps {
  report: ImportReport;
  /** In the order of the report's lines. */
  sources: ImportSource[];
  onUse: (line: number, text: string) => void;
  onStrike: (line: number) => void;
}

const resultText = { added: 'new', skipped: 'stands already', error: 'wrong' } as const;
const resultTone = { added: 'ok', skipped: 'quiet', error: 'bad' } as const;

/** What every line means, the wrong ones marked and with the way out. */
export function ImportPreview({ report, sources, onUse, onStrike }: ImportPreviewProps) {
  const [only, setOnly] = useState<'all' | 'error'>('all');
  const lines = useMemo(() => {
    const all = report.lines.map((line, index) => ({ ...line, source: sources[index] }));
    return only === 'all' ? all : all.filter((line) => line.result === 'error');
  }, [report, sources, only]);
  const few = lines.length < 6;
  return (
    <div>
      <Group justify="space-between" mb="xs">
        <Group gap="xs" role="status">
          <Badge tone="ok">{report.added.toLocaleString('en')} new</Badge>
          {report.skipped > 0 && <Badge tone="quiet">{report.skipped.toLocaleString('en')} stand already</Badge>}
          {report.failed > 0 && <Badge tone="bad">{report.failed.toLocaleString('en')} wrong</Badge>}
        </Group>
        {report.failed > 0 && (
          <SegmentedControl
            size="xs"
            aria-label="Lines shown"
            data={[
              { value: 'all', label: 'All lines' },
              { value: 'error', label: 'Wrong ones' },
            ]}
            value={only}
            onChange={(value) => setOnly(value as 'all' | 'error')}
          />
        )}
      </Group>
      <div
        style={{
          border: '1px solid var(--kf-line)',
          borderRadius: 'var(--mantine-radius-md)',
          overflow: 'hidden',
          height: few ? 'auto' : 300,
          display: 'grid',
        }}
      >
        <VirtualRows
          count={lines.length}
          label="What every line means"
          rowHeight={48}
          keyOf={(index) => String(lines[index]!.line)}
          render={({ index, style, measure }) => {
            const line = lines[index]!;
            const number = line.source?.line ?? line.line;
            return (
              <li
                key={line.line}
                className={css.row}
                style={{ ...style, paddingInlineStart: 12 }}
                ref={measure}
                data-index={index}
                data-result={line.result}
              >
                <span
                  className="kf-num kf-mono"
                  style={{ width: '4ch', textAlign: 'end', color: 'var(--mantine-color-dimmed)' }}
                >
                  {number}
                </span>
                <span style={{ flex: 1, minWidth: 0, padding: '6px 8px' }}>
                  <span className="kf-mono">{line.canonical ? shortForm(line.canonical) : line.text}</span>
                  {line.label && <span style={{ marginInlineStart: 10 }}>{line.label}</span>}
                  {line.message && line.result === 'error' && (
                    <span className={css.bad} style={{ display: 'block', fontSize: '0.8125rem' }}>
                      {line.message}{' '}
                      {line.suggestions?.map((text) => (
                        <Button
                          key={text}
                          size="compact-xs"
                          variant="default"
                          className="kf-mono"
                          onClick={() => onUse(number, line.label ? `${text}, ${line.label}` : text)}
                        >
                          Use {text}
                        </Button>
                      ))}
                    </span>
                  )}
                  {line.warnings?.map((warning) => (
                    <span key={warning.code} className={css.warn} style={{ display: 'block', fontSize: '0.8125rem' }}>
                      {warning.message}
                    </span>
                  ))}
                </span>
                <Badge tone={resultTone[line.result]}>{resultText[line.result]}</Badge>
                <button
                  type="button"
                  className={css.icon}
                  title="Strike this line"
                  aria-label={`Strike line ${number}`}
                  onClick={() => onStrike(number)}
                >
                  <IconTrash size={16} aria-hidden />
                </button>
              </li>
            );
          }}
        />
      </div>
    </div>
  );
}
