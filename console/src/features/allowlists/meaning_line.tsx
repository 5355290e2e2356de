import { Button } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconX } from '@tabler/icons-react';
import type { ParsedEntry } from '@/api/types.ts';
import { countText, shortForm } from '@/net/range.ts';
import css from './list.module.css';
import { type Meaning, warningsOf } from './parsing.ts';

export function spanText(parsed: ParsedEntry): string {
  if (parsed.count === '1') return `one IPv${parsed.family} address`;
  return `${countText(parsed.count)} addresses, ${parsed.first} to ${parsed.last}`;
}

interface MeaningLineProps {
  meaning: Meaning | undefined;
  refused: string | undefined;
  overlap: string | undefined;
  /** What a suggestion's button does. */
  onSuggestion: (text: string) => void;
  hint: string;
  id: string;
}

/** Below an entry field: what is typed there means, or why it means nothing. */
export function MeaningLine({ meaning, refused, overlap, onSuggestion, hint, id }: MeaningLineProps) {
  const parsed = meaning?.parsed;
  const warnings = [...(parsed ? warningsOf(parsed) : []), ...(overlap ? [overlap] : [])];
  return (
    <div id={id} role="status" aria-live="polite">
      {meaning === undefined && <div className={css.meaning}>{hint}</div>}
      {meaning?.mistake && (
        <div className={`${css.meaning} ${css.bad}`}>
          <IconX size={15} aria-hidden />
          <span>{meaning.mistake.message}</span>
          {meaning.mistake.suggestions.map((text) => (
            <Button
              key={text}
              size="compact-xs"
              variant="default"
              className="kf-mono"
              onClick={() => onSuggestion(text)}
            >
              Use {text}
            </Button>
          ))}
        </div>
      )}
      {parsed && refused !== undefined && (
        <div className={`${css.meaning} ${css.bad}`}>
          <IconX size={15} aria-hidden />
          <span>{refused}</span>
        </div>
      )}
      {parsed && refused === undefined && (
        <>
          <div className={`${css.meaning} ${css.good}`}>
            <IconCheck size={15} aria-hidden />
            <span>
              <span className="kf-mono">{shortForm(parsed.canonical)}</span>: {spanText(parsed)}
            </span>
          </div>
          {warnings.map((warning) => (
            <div key={warning} className={`${css.meaning} ${css.warn}`}>
              <IconAlertTriangle size={15} aria-hidden />
              <span>{warning}</span>
            </div>
          ))}
        </>
      )}
    </div>
  );
}
