import { IconCompassOff, IconPlugConnectedX } from '@tabler/icons-react';
import { Link, useRouter } from '@tanstack/react-router';
import { messageOf } from '@/api/problem.ts';
import { Empty } from '@/components/bits.tsx';
import { plainButton, TextButton } from '@/components/plain.tsx';

export function Broken({ error, reset }: { error: unknown; reset?: () => void }) {
  const router = useRouter();
  const again = () => {
    reset?.();
    void router.invalidate();
  };
  return (
    <main>
      <Empty
        icon={<IconPlugConnectedX />}
        heading="page"
        title="This page could not be shown"
        action={
          <div>
            <TextButton onClick={again}>Try again</TextButton> or go <a href="/">to the start</a>.
          </div>
        }
      >
        {messageOf(error)}
      </Empty>
    </main>
  );
}

export const NotFound = () => (
  <main>
    <Empty
      icon={<IconCompassOff />}
      heading="page"
      title="There is no such page"
      action={
        <Link to="/" className={plainButton}>
          To the start
        </Link>
      }
    >
      The address may be mistyped, or what it named is gone.
    </Empty>
  </main>
);
