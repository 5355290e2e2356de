import { Button, Group } from '@mantine/core';
import { IconCompassOff, IconPlugConnectedX } from '@tabler/icons-react';
import { Link, useRouter } from '@tanstack/react-router';
import { messageOf } from '@/api/problem.ts';
import { Empty } from '@/components/bits.tsx';

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
          <Group>
            <Button onClick={again}>Try again</Button>
            <Button variant="default" component="a" href="/">
              To the start
            </Button>
          </Group>
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
        <Link to="/">
          <Button component="span">To the start</Button>
        </Link>
      }
    >
      The address may be mistyped, or what it named is gone.
    </Empty>
  </main>
);
