// What each list says, in the order in which they are asked.
import type { LayerVerdict } from '@/api/types.ts';
import { Badge, type Tone } from '@/components/bits.tsx';
import { shortForm } from '@/net/range.ts';
import css from './layers.module.css';
import { layerName } from './reasons.ts';

const tones: Record<LayerVerdict['verdict'], Tone> = {
  admits: 'ok',
  denies: 'bad',
  would_deny: 'warn',
  skipped: 'quiet',
};
const words: Record<LayerVerdict['verdict'], string> = {
  admits: 'admits',
  denies: 'blocks',
  would_deny: 'would block',
  skipped: 'is off',
};

function why(layer: LayerVerdict): string {
  if (layer.mode === 'off') return 'Not looked at.';
  if (!layer.has_entries) {
    return layer.when_empty === 'allow'
      ? 'Empty, and open to any address.'
      : 'Empty, and closed until an address is added.';
  }
  if (!layer.admits) return 'No usable entry contains the address.';
  return 'An entry contains the address.';
}

export function Layers({ of: layers }: { of: LayerVerdict[] }) {
  return (
    <ol className={css.layers}>
      {layers.map((layer) => (
        <li key={layer.layer} className={css.layer}>
          <span className={css.name}>{layerName[layer.layer]}</span>
          <Badge tone={tones[layer.verdict]}>{words[layer.verdict]}</Badge>
          <span className={css.why}>
            {layer.entry ? (
              <>
                By <span className="kf-mono">{shortForm(layer.entry.canonical)}</span>
                {layer.entry.label !== '' && `, “${layer.entry.label}”`}
              </>
            ) : (
              why(layer)
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}
