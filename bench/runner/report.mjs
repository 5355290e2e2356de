// Tables and plots of what was measured, from the JSON files of a results directory.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { barChart, lineChart } from './plot.mjs';
import { short, textTable, withRange } from './statistics.mjs';

const count = (value) => value.toLocaleString('en-GB');
const byMedian = (a, b) => a.ns.median - b.ns.median;

function membershipTables(rows) {
  const tables = [...new Set(rows.map((row) => row.table))];
  return tables.flatMap((table) =>
    ['4k', 'huge'].map((pages) => {
      const of = (mode) => rows.filter((row) => row.table === table && row.pages === pages && row.mode === mode);
      const dependent = of('dependent').sort(byMedian);
      if (dependent.length === 0) return '';
      const independent = new Map(of('independent').map((row) => [row.contender, withRange(row.ns)]));
      const own = dependent.find((row) => row.contender === 'keyfence');
      const { prefixes, intervals } = dependent.find((row) => row.intervals) ?? dependent[0];
      return [
        `Membership: ${table}, ${count(prefixes)} prefixes in ${count(intervals)} intervals, ${pages} pages`,
        textTable(
          ['', 'ns dependent', 'to keyfence', 'ns independent', 'bytes', 'bytes a prefix'],
          dependent.map((row) => [
            row.contender,
            withRange(row.ns),
            own ? short(row.ns.median / own.ns.median) : '–',
            independent.get(row.contender) ?? '',
            count(row.bytes),
            short(row.bytes / prefixes),
          ]),
        ),
      ].join('\n');
    }),
  );
}

function membershipPlots(rows) {
  const plots = {};
  for (const table of ['internet-v4', 'random-1000000-v4', 'internet-v6']) {
    const of = rows.filter((row) => row.table === table && row.mode === 'dependent').sort(byMedian);
    if (of.length === 0) continue;
    const bars = ['4k', 'huge'].flatMap((pages) => [
      ...of
        .filter((row) => row.pages === pages)
        .map((row) => ({
          label: `${row.contender}, ${pages}`,
          value: row.ns.median,
          min: row.ns.min,
          max: row.ns.max,
          colour: row.contender === 'keyfence' ? 0 : 1,
          note: 'ns',
        })),
      {},
    ]);
    plots[`membership-${table}`] = barChart({
      title: `Is the address in the list? ${table}, ${count(of[0].prefixes)} prefixes, one look-up after the other`,
      axis: 'nanoseconds a look-up (median; line: smallest to largest round)',
      bars: bars.slice(0, -1),
    });
  }
  return plots;
}

function decideTables(rows) {
  const images = rows.filter((row) => row.kind === 'image');
  const decisions = rows.filter((row) => row.kind === 'decide');
  return [
    [
      'Decisions in-process, digest in hand, each after the last has ended',
      textTable(
        ['profile, contest', 'keys', 'pages', 'ns', 'allocations'],
        decisions.map((row) => [`${row.profile}: ${row.contest}`, count(row.keys), row.pages, withRange(row.ns), row.allocations]),
      ),
    ].join('\n'),
    [
      'Images',
      textTable(
        ['profile', 'keys', 'pages', 'built in s', 'bytes a key'],
        images.map((row) => [row.profile, count(row.keys), row.pages, short(row.build_seconds), short(row.reserved_bytes / row.keys)]),
      ),
    ].join('\n'),
  ];
}

function decidePlots(rows) {
  const decisions = rows.filter((row) => row.kind === 'decide');
  const names = [
    ['short', 'decide, uniform', 'lists up to 8, uniform'],
    ['short', 'decide, Zipf', 'lists up to 8, Zipf'],
    ['layers', 'decide, uniform', 'three layers, uniform'],
    ['layers', 'decide, Zipf', 'three layers, Zipf'],
    ['short', 'key look-up', 'key look-up alone'],
    ['short', 'std::unordered_map', 'std::unordered_map'],
  ];
  const plots = {};
  for (const pages of ['4k', 'huge']) {
    const series = names
      .map(([profile, contest, name]) => ({
        name,
        points: decisions
          .filter((row) => row.profile === profile && row.contest === contest && row.pages === pages)
          .sort((a, b) => a.keys - b.keys)
          .map((row) => ({ x: row.keys, y: row.ns.median, min: row.ns.min, max: row.ns.max })),
      }))
      .filter(({ points }) => points.length > 0);
    if (series.length === 0) continue;
    plots[`growth-${pages}`] = lineChart({
      title: `One decision as the number of keys grows, ${pages} pages`,
      xAxis: 'keys',
      yAxis: 'nanoseconds (median)',
      series,
    });
  }
  return plots;
}

function requestTables(rows) {
  const requests = rows.filter((row) => row.kind === 'request');
  return [
    [
      `Requests through a gateway, ${count(requests[0].keys)} keys, in turns on one processor`,
      textTable(
        ['', 'CPU µs a request', 'to plain', 'added µs', 'beside µs', 'requests/s', 'to plain', 'p50 µs', 'p99 µs', 'instructions'],
        requests.map((row) => [
          row.name,
          withRange(row.cpu_us),
          withRange(row.cpu_ratio),
          short(row.added_us.median),
          short(row.beside_us.median),
          short(row.per_second.median),
          short(row.per_second_ratio.median),
          short(row.p50_us.median),
          short(row.p99_us.median),
          row.instructions ? count(row.instructions) : '',
        ]),
      ),
    ].join('\n'),
  ];
}

function requestPlots(rows) {
  const requests = rows.filter((row) => row.kind === 'request');
  const plain = requests.find((row) => row.name === 'plain').cpu_us.median;
  return {
    'request-cpu': barChart({
      title: 'Processor time of one request, gateway and the server it asks',
      axis: 'microseconds of user and system time (median; line: smallest to largest round)',
      limit: { value: plain * 1.06, label: '1.06 of plain' },
      bars: requests
        .filter((row) => !row.name.endsWith('hot keys'))
        .map((row) => ({
          label: row.name,
          value: row.cpu_us.median + row.beside_us.median,
          min: row.cpu_us.min + row.beside_us.min,
          max: row.cpu_us.max + row.beside_us.max,
          colour: row.name === 'keyfence' ? 0 : 1,
          note: 'µs',
        })),
    }),
  };
}

function daemonTables(rows) {
  const of = (kind) => rows.filter((row) => row.kind === kind);
  const tables = [];
  if (of('start').length > 0) {
    tables.push(
      [
        'Start',
        textTable(
          ['keys', 'new image, s', 'first decision by the last image, µs', 'image bytes a key', 'store bytes a key'],
          of('start').map((row) => [
            count(row.keys),
            withRange(row.new_image_seconds),
            withRange(row.first_decision_by_last_image_us),
            short((row.image.reserved_bytes ?? Number.NaN) / row.keys),
            short(row.store_bytes / row.keys),
          ]),
        ),
      ].join('\n'),
    );
  }
  if (of('change').length > 0) {
    tables.push(
      [
        'Changes of a list of 20 through the admin API',
        textTable(
          ['keys', 'store on', 'connections', 'acknowledged/s', 'p50 ms', 'p99 ms', 'max ms', 'decided by the old list after the answer'],
          of('change').map((row) => [count(row.keys), row.store ?? 'disk', atATime(row), short(row.per_second), short(row.p50_ms), short(row.p99_ms), short(row.max_ms), row.stale]),
        ),
      ].join('\n'),
      [
        'When a second reader sees a change, one at a time',
        textTable(
          ['keys', 'store on', 'seen p50 ms', 'seen p99 ms', 'answered p50 ms', 'answered p99 ms'],
          of('visibility').map((row) => [count(row.keys), row.store ?? 'disk', short(row.seen_p50_ms), short(row.seen_p99_ms), short(row.answered_p50_ms), short(row.answered_p99_ms)]),
        ),
      ].join('\n'),
    );
  }
  if (of('sync').length > 0) {
    tables.push(
      [
        'A sync of the same disk, of what was written over in a file',
        textTable(
          ['bytes', 'p50 ms', 'p99 ms', 'max ms'],
          of('sync').map((row) => [count(row.bytes), short(row.p50_ms), short(row.p99_ms), short(row.max_ms)]),
        ),
      ].join('\n'),
    );
  }
  if (of('import').length > 0) {
    tables.push(
      [
        'Imports into the global list',
        textTable(
          ['keys', 'entries', 's', 'revisions'],
          of('import').map((row) => [count(row.keys), count(row.entries), withRange(row.seconds), row.revisions]),
        ),
      ].join('\n'),
    );
  }
  return tables;
}

const atATime = ({ connections, rate }) => (rate > 0 ? `${connections}, ${count(rate)}/s` : connections);

function daemonPlots(rows) {
  const of = (kind, wanted = () => true) => rows.filter((row) => row.kind === kind && wanted(row));
  const onDisk = (row) => row.store !== 'memory';
  const changes = of('change');
  const plots = {
    ...growthPlot('growth-start', 'Seconds as the number of keys grows, with 20 entries each', 'seconds (median)', [
      ['start: new image', of('start'), (row) => row.new_image_seconds],
      ['import of 100,000 entries', of('import'), (row) => row.seconds],
    ]),
    ...growthPlot('growth-change', 'A change as the number of keys grows, store on a disk', 'milliseconds', [
      ['seen by a reader, p99', of('visibility', onDisk), (row) => ({ median: row.seen_p99_ms })],
      ['seen by a reader, median', of('visibility', onDisk), (row) => ({ median: row.seen_p50_ms })],
      ['8 at a time, p99', of('change', (row) => onDisk(row) && row.connections === 8), (row) => ({ median: row.p99_ms })],
      ['8 at a time, median', of('change', (row) => onDisk(row) && row.connections === 8), (row) => ({ median: row.p50_ms })],
    ]),
  };
  if (changes.length === 0) return plots;
  plots['change-latency'] = barChart({
    title: 'From the request to change a list to its enforcement, 99th percentile',
    axis: 'milliseconds',
    limit: { value: 5, label: '5 ms' },
    bars: changes.map((row) => ({
      label: `${count(row.keys)} keys, ${atATime(row)} at a time${row.store === 'memory' ? ', store in memory' : ''}`,
      value: row.p99_ms,
      note: `ms, ${short(row.per_second)} a second`,
    })),
  });
  return plots;
}

// lines: [name, rows, what is drawn of a row]; nothing where fewer than two sizes were measured.
function growthPlot(plot, title, yAxis, lines, { logY = true } = {}) {
  const series = lines
    .map(([name, rows, of]) => ({
      name,
      points: rows
        .map((row) => ({ x: row.keys, y: of(row).median, min: of(row).min, max: of(row).max }))
        .sort((a, b) => a.x - b.x),
    }))
    .filter(({ points }) => points.length > 1);
  if (series.length === 0) return {};
  return { [plot]: lineChart({ title, xAxis: 'keys', yAxis, series, logY }) };
}

function growthTables(rows) {
  const of = (kind) => rows.filter((row) => row.kind === kind);
  const image = (keys) => of('seed').find((row) => row.keys === keys);
  return [
    [
      'Requests through nginx as the number of keys grows, in turns on one processor',
      textTable(
        ['keys', '', 'CPU µs a request', 'to plain', 'added µs', 'p50 µs', 'p99 µs', 'image bytes a key'],
        of('request').map((row) => [
          count(row.keys),
          row.name,
          withRange(row.cpu_us),
          withRange(row.cpu_ratio),
          short(row.added_us.median),
          short(row.p50_us.median),
          short(row.p99_us.median),
          row.name === 'keyfence' ? short(image(row.keys).reserved_bytes / row.keys) : '',
        ]),
      ),
    ].join('\n'),
  ];
}

function growthPlots(rows) {
  const of = (name) => rows.filter((row) => row.kind === 'request' && row.name === name);
  return growthPlot('growth-request', 'A request as the number of keys grows', 'microseconds of processor time (median)', [
    ['nginx with the module', of('keyfence'), (row) => row.cpu_us],
    ['nginx alone', of('plain'), (row) => row.cpu_us],
  ], { logY: false });
}

function usageTables(rows) {
  const of = (kind) => rows.filter((row) => row.kind === kind);
  const tables = [];
  for (const row of of('usage')) {
    tables.push(
      [
        `The usage log alone, ${count(row.rows)} rows, in processor time`,
        textTable(
          ['', 'measured', 'held to'],
          [
            ['appended to the spool, ns', row.append_ns, ''],
            ['drained and stored, rows a second', count(row.drain_rows_per_second), 'at least 150,000'],
            ['bytes a row', row.bytes_per_row, 'at most 110'],
            ['bytes a row with the journal', row.bytes_per_row_with_journal, ''],
            ['last 50 of a key and status, ms (median, p99)', `${row.last_50_of_key_and_status_ms.median}, ${row.last_50_of_key_and_status_ms.p99}`, 'at most 5'],
            ['CSV, rows a second', count(row.csv_rows_per_second), 'at least 400,000'],
            ['resident at most, MiB', Math.round(row.resident_bytes_max / 2 ** 20), ''],
          ],
        ),
      ].join('\n'),
    );
  }
  if (of('log-cost').length > 0) {
    tables.push(
      [
        'What a request pays for being logged',
        textTable(
          ['', 'CPU µs a request', 'to plain', 'added µs', 'instructions'],
          of('log-cost').map((row) => [row.name, withRange(row.cpu_us), withRange(row.cpu_ratio), short(row.added_us.median), row.instructions ? count(row.instructions) : '']),
        ),
      ].join('\n'),
    );
  }
  for (const row of of('log-flow')) {
    tables.push(
      [
        `The daemon while one worker answers ${row.rate ? `${count(row.rate)} requests a second` : 'all it can'} for ${Math.round(row.seconds)} s`,
        textTable(
          ['requests', 'stored', 'dropped', 'requests/s', 'backlog at most, MiB', 'caught up after s', 'daemon CPU µs a row'],
          [[count(row.requests), count(row.stored), row.dropped, short(row.requests_per_second), short(row.backlog_bytes_max / 2 ** 20), short(row.caught_up_after_seconds), short(row.daemon_cpu_us_a_row)]],
        ),
      ].join('\n'),
    );
  }
  return tables;
}

function flowPlots(rows) {
  const row = rows.find(({ kind }) => kind === 'log-flow');
  if (!row || row.samples.length === 0) return {};
  const of = (field) => row.samples.map((sample) => ({ x: sample.second, y: sample[field] / 2 ** 20 }));
  return {
    [row.rate ? 'flow-memory' : 'flow-memory-full']: lineChart({
      title: `Memory at ${row.rate ? `${count(row.rate)} requests a second` : 'full load'}: ${count(row.requests)} requests in ${Math.round(row.seconds)} s`,
      xAxis: 'seconds',
      yAxis: 'MiB',
      logX: false,
      series: [
        { name: 'daemon', points: of('daemon_bytes') },
        { name: 'nginx worker', points: of('worker_bytes') },
        { name: 'not yet drained', points: of('backlog_bytes') },
      ],
    }),
  };
}

function consoleTables(rows) {
  const of = (kind) => rows.filter((row) => row.kind === kind);
  return [
    [
      `The console's first load from keyfence serve, nothing cached, processor slowed ${of('load')[0]?.slowdown ?? ''} times`,
      textTable(
        ['', 'script kB', 'all kB', 'answers after ms', 'held to', 'longest task ms', 'tasks over 50 ms', 'work at full speed, ms'],
        of('load').map((row) => [row.name, short(row.script_bytes / 1000), short(row.all_bytes / 1000), withRange(row.answered_ms), '250 kB, 1,500 ms', withRange(row.longest_task_ms), row.long_tasks.median, withRange(row.work_ms)]),
      ),
    ].join('\n'),
    [
      'The same pages untouched, as a quality check of a browser counts',
      textTable(
        ['', 'largest paint ms', 'blocked ms', 'layout shift at most'],
        of('load').map((row) => [row.name, withRange(row.lcp_ms), withRange(row.blocked_ms), row.shift_max.toFixed(3)]),
      ),
    ].join('\n'),
    [
      'Scrolling a list in the browser, frame by frame',
      textTable(
        ['', 'of', 'frames', 'longest frame ms', 'held to', 'p99 ms', 'longest task ms', 'over 50 ms', 'rows in the page'],
        of('scroll').map((row) => [row.name, count(row.entries), count(row.frames), short(row.longest_frame_ms), 'at most 50', short(row.frame_p99_ms), short(row.longest_task_ms), row.frames_over_50_ms, row.rows_in_document_max]),
      ),
    ].join('\n'),
  ];
}

const noPlots = () => ({});

function apiTables(rows) {
  const of = (kind) => rows.filter((row) => row.kind === kind);
  const tables = [];
  if (of('api-read').length > 0) {
    tables.push(
      [
        'Reads of a list of 20 through the admin API, with a token',
        textTable(
          ['keys', 'connections', 'requests/s', 'p50 ms', 'p99 ms', 'daemon CPU µs a request', 'not answered with 200'],
          of('api-read').map((row) => [count(row.keys), row.connections, short(row.per_second), short(row.p50_ms), short(row.p99_ms), short(row.cpu_us), row.failed]),
        ),
      ].join('\n'),
    );
  }
  if (of('change').length > 0) {
    tables.push(
      [
        'Changes of a list of 20 through the admin API, all keys in one account',
        textTable(
          ['keys', 'connections', 'acknowledged/s', 'p50 ms', 'p99 ms', 'max ms'],
          of('change').map((row) => [count(row.keys), atATime(row), short(row.per_second), short(row.p50_ms), short(row.p99_ms), short(row.max_ms)]),
        ),
      ].join('\n'),
    );
  }
  if (of('api-search').length > 0) {
    tables.push(
      [
        'Keys of one account by a part of their name, pages of 100',
        textTable(
          ['name contains', 'keys', 'pages read', 'rows', 'median ms', 'slowest ms'],
          of('api-search').map((row) => [`"${row.text}"`, count(row.keys), row.pages, count(row.rows), short(row.page_ms.median), short(row.page_ms.max)]),
        ),
      ].join('\n'),
    );
  }
  const mebibytes = (bytes) => short(bytes / 2 ** 20);
  if (of('api-memory').length > 0) {
    tables.push(
      [
        "The daemon's own memory",
        textTable(
          ['', 'clients', 'before, MiB', 'with them, MiB', 'KiB a client', 'another client meanwhile, ms'],
          of('api-memory').map((row) => [row.what, count(row.clients), mebibytes(row.bytes_before), mebibytes(row.bytes_with), short((row.bytes_with - row.bytes_before) / row.clients / 1024), withRange(row.other_ms)]),
        ),
      ].join('\n'),
    );
  }
  return tables;
}

const parts = {
  membership: [membershipTables, membershipPlots],
  decide: [decideTables, decidePlots],
  request: [requestTables, requestPlots],
  growth: [growthTables, growthPlots],
  daemon: [daemonTables, daemonPlots],
  cost: [usageTables, noPlots],
  usage: [usageTables, noPlots],
  flow: [usageTables, flowPlots],
  console: [consoleTables, noPlots],
  api: [apiTables, noPlots],
};

// Reads <dir>/<part>.json of the given parts, writes plots beside them, and prints the tables.
export function report(dir, names) {
  for (const name of names) {
    const file = join(dir, `${name}.json`);
    if (!existsSync(file)) continue;
    const { rows, machine, quick } = JSON.parse(readFileSync(file, 'utf8'));
    if (rows.length === 0) continue;
    const [tables, plots] = parts[name];
    if (name === names[0]) {
      console.log(`\n${machine.cpu}, ${machine.cores} cores, ${machine.vector}, ${machine.system}, Linux ${machine.kernel}${quick ? ' (quick: not to quote from)' : ''}`);
    }
    for (const table of tables(rows)) if (table) console.log(`\n${table}`);
    for (const [plot, text] of Object.entries(plots(rows))) writeFileSync(join(dir, `${plot}.svg`), text);
  }
  console.log(`\nJSON and plots: ${dir}`);
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  report(process.argv[2], Object.keys(parts));
}
