// What the sign-in form, the frame and the overview are made of: without the component library, so that these show
// before it is loaded.
import { IconEye, IconEyeOff } from '@tabler/icons-react';
import { type InputHTMLAttributes, type ReactNode, useId, useState } from 'react';
import css from './plain.module.css';

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange'> {
  label: string;
  value: string;
  onChange: (value: string) => void;
  font?: 'text' | 'mono';
}

export function TextField({ label, onChange, font = 'text', className = '', children, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className={css.field}>
      <label htmlFor={id}>
        {label}
        {rest.required && (
          <span className={css.star} aria-hidden>
            {' *'}
          </span>
        )}
      </label>
      <div className={`${css.inputBox} ${font === 'mono' ? css.mono : ''} ${className}`}>
        <input {...rest} id={id} onChange={(event) => onChange(event.currentTarget.value)} />
        {children}
      </div>
    </div>
  );
}

export function PasswordField(props: FieldProps) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? IconEyeOff : IconEye;
  return (
    <TextField {...props} type={shown ? 'text' : 'password'} className={css.withEye}>
      {/* For the pointer alone, as browsers' own: the keyboard goes from the password to the button. */}
      <button type="button" className={css.eye} tabIndex={-1} aria-hidden onClick={() => setShown(!shown)}>
        <Icon size={17} stroke={1.7} />
      </button>
    </TextField>
  );
}

export const Dots = () => (
  <span className={css.dots} aria-hidden>
    <i />
    <i />
    <i />
  </span>
);

/** The one button of a form. */
export const Submit = ({ busy, children }: { busy: boolean; children: ReactNode }) => (
  <button type="submit" className={`${css.button} ${css.wide}`} disabled={busy} aria-busy={busy}>
    {children}
    {busy && <Dots />}
  </button>
);

export const TextButton = ({ onClick, children }: { onClick: () => void; children: ReactNode }) => (
  <button type="button" className={css.textButton} onClick={onClick}>
    {children}
  </button>
);

export const Stacked = ({ children }: { children: ReactNode }) => <div className={css.stack}>{children}</div>;

interface SegmentsProps {
  label: string;
  choices: readonly { value: string; label: string }[];
  value: string;
  onChange: (value: string) => void;
}

/** One of a few, all in sight. */
export function Segments({ label, choices, value, onChange }: SegmentsProps) {
  const name = useId();
  return (
    <div role="radiogroup" className={css.segments} aria-label={label}>
      {choices.map((choice) => (
        <label key={choice.value}>
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          {choice.label}
        </label>
      ))}
    </div>
  );
}

/** For links and buttons that look as the library's do. */
export const plainButton = css.button!;
export const plainIconButton = css.iconButton!;
