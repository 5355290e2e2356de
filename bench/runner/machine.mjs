// What the figures were measured on.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

const version = (program, ...args) => {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim().split('\n')[0];
  } catch {
    return undefined;
  }
};

const packageVersion = (name) => version('dpkg-query', '-W', '-f=${Version}', name);

function countersWork() {
  try {
    execFileSync('perf', ['stat', '-e', 'instructions', 'true'], { stdio: ['ignore', 'pipe', 'pipe'] });
    return !/not supported|not counted/.test(
      execFileSync('sh', ['-c', 'perf stat -e instructions true 2>&1'], { encoding: 'utf8' }),
    );
  } catch {
    return false;
  }
}

export function machine() {
  const [cpu] = os.cpus();
  const flags = readFileSync('/proc/cpuinfo', 'utf8').match(/^flags\s*:(.*)$/m)?.[1] ?? '';
  return {
    cpu: cpu?.model.trim(),
    cores: os.cpus().length,
    vector: ['avx512bw', 'avx2'].find((flag) => flags.includes(` ${flag}`)) ?? 'none',
    memory_gib: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    system: readFileSync('/etc/os-release', 'utf8').match(/^PRETTY_NAME="(.*)"$/m)?.[1],
    hardware_counters: countersWork(),
    versions: {
      nginx: packageVersion('nginx'),
      haproxy: packageVersion('haproxy'),
      dpdk: packageVersion('libdpdk-dev'),
      libmaxminddb: packageVersion('libmaxminddb-dev'),
      wrk: packageVersion('wrk'),
      compiler: version('c++', '--version'),
    },
    load_before: os.loadavg()[0],
  };
}
