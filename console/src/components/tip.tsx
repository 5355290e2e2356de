import { Tooltip } from '@mantine/core';
import type { ReactElement } from 'react';

/** What is told about something while the pointer is on it. */
export default function Tip({ label, children }: { label: string; children: ReactElement }) {
  return (
    <Tooltip opened label={label}>
      {children}
    </Tooltip>
  );
}
