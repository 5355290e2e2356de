import { memo, type ReactNode } from 'react';

interface KeptProps {
  /** Anew where one of these is another. */
  by: readonly unknown[];
  make: () => ReactNode;
}

/** A part of a page that is not made again with the rest: what it calls may change, what it shows does not. */
export const Kept = memo(
  ({ make }: KeptProps) => make(),
  (before, now) => before.by.every((value, index) => Object.is(value, now.by[index])),
);
