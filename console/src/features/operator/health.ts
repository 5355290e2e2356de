// What the figures of GET /status mean: is it well, and what is to be done where it is not.
import type { Status } from '../../api/types.ts';

/** Of those that a badge knows. */
export type Tone = 'ok' | 'bad' | 'warn' | 'quiet';

export interface Check {
  name: string;
  tone: Tone;
  /** In two words, beside the name. */
  verdict: string;
  /** What is seen. */
  finding: string;
  /** What to do; nothing where all is well. */
  remedy?: string;
}

const number = (value: number) => value.toLocaleString('en');

export function bytesText(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size.toLocaleString('en', { maximumFractionDigits: size < 10 ? 1 : 0 })} ${units[unit]}`;
}

export function spanText(micros: number): string {
  const seconds = micros / 1_000_000;
  if (seconds < 1) return 'less than a second';
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3_600)} hours`;
}

/** Beyond it a backlog is no longer the daemon's ordinary second of batching. */
const lagWarned = 10_000_000;

function policyCheck({ store_revision: store, image, publisher_failure: failure, ready }: Status): Check {
  const behind = store - image.revision;
  if (failure !== null) {
    return {
      name: 'Policy',
      tone: 'bad',
      verdict: 'not published',
      finding: `Revision ${number(image.revision)} is enforced, ${number(store)} is stored: ${failure}`,
      remedy:
        'Gateways go on with what they have. Look for room and rights in the policy directory; the daemon tries again by itself.',
    };
  }
  if (behind > 0 || !ready) {
    return {
      name: 'Policy',
      tone: 'warn',
      verdict: `${number(behind)} behind`,
      finding: `Revision ${number(image.revision)} is enforced, ${number(store)} is stored.`,
      remedy: 'It should catch up within a second. If it does not, look into the daemon’s log.',
    };
  }
  return {
    name: 'Policy',
    tone: 'ok',
    verdict: 'enforced',
    finding: `Every change up to revision ${number(store)} is what the gateways of this machine read.`,
  };
}

function drainCheck(usage: NonNullable<Status['usage']>): Check {
  const waiting = `${bytesText(usage.backlog_bytes)} wait in ${number(usage.segments)} spool ${usage.segments === 1 ? 'file' : 'files'}`;
  if (usage.failure !== null) {
    return {
      name: 'Usage log',
      tone: 'bad',
      verdict: 'not stored',
      finding: `${usage.failure}. ${waiting}.`,
      remedy:
        'Requests go on, and their records wait in the spool until it is full. Make room where the data directory is, or look into the daemon’s log.',
    };
  }
  if (usage.backlog_bytes > 0 && usage.lag_micros > lagWarned) {
    return {
      name: 'Usage log',
      tone: 'warn',
      verdict: `${spanText(usage.lag_micros)} behind`,
      finding: `${waiting}.`,
      remedy: 'The daemon stores slower than requests arrive. Records are lost only when the spool is full; watch it.',
    };
  }
  return {
    name: 'Usage log',
    tone: 'ok',
    verdict: 'up to date',
    finding: `${number(usage.stored)} records stored since the daemon started; ${usage.backlog_bytes === 0 ? 'none wait' : waiting}.`,
  };
}

function lossChecks(usage: NonNullable<Status['usage']>): Check[] {
  const files = usage.files_set_aside;
  return [
    usage.dropped === 0
      ? { name: 'Dropped by gateways', tone: 'ok', verdict: 'none', finding: 'No worker’s spool was ever full.' }
      : {
          name: 'Dropped by gateways',
          tone: 'bad',
          verdict: number(usage.dropped),
          finding: 'The spool was full: these requests were decided and answered, and are not in the log.',
          remedy: 'Make keyfence_spool_bytes_max larger in nginx, or find what kept the daemon from storing.',
        },
    usage.damaged === 0
      ? { name: 'Damaged records', tone: 'ok', verdict: 'none', finding: 'Every record of the spool passed its check.' }
      : {
          name: 'Damaged records',
          tone: 'warn',
          verdict: number(usage.damaged),
          finding: 'Records of the spool failed their check and were left out.',
          remedy: 'A machine that lost power leaves a few. If they become more, check its memory and disk.',
        },
    ...(files.length === 0
      ? []
      : [
          {
            name: 'Files set aside',
            tone: 'warn' as const,
            verdict: number(files.length),
            finding: `Damaged, and no longer read: ${files.join(', ')}`,
            remedy: 'Bring the day back from a backup, or delete the file.',
          },
        ]),
  ];
}

/** In the order in which they matter. */
export function checksOf(status: Status): Check[] {
  if (status.usage === null) {
    const none: Check = {
      name: 'Usage log',
      tone: 'quiet',
      verdict: 'not kept',
      finding: 'This daemon keeps no usage log.',
    };
    return [policyCheck(status), none];
  }
  return [policyCheck(status), drainCheck(status.usage), ...lossChecks(status.usage)];
}

export const worstOf = (checks: Check[]): Tone =>
  (['bad', 'warn'] as const).find((tone) => checks.some((check) => check.tone === tone)) ?? 'ok';
