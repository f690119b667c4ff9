import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const script = new URL('../../../scripts/setup-redis.js', import.meta.url).href;

/** A machine whose PATH holds nothing but what a test puts there. */
class Machine {
  readonly bin = mkdtempSync(join(tmpdir(), 'ticketgate-test-path-'));

  constructor() {
    for (const tool of ['sh', 'cat', 'chmod']) this.link(tool);
  }

  link(tool: string): void {
    const path = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
    symlinkSync(path, join(this.bin, tool));
  }

  put(tool: string, body: string): void {
    writeFileSync(join(this.bin, tool), `#!/bin/sh\n${body}\n`);
    chmodSync(join(this.bin, tool), 0o755);
  }

  /** A package manager that writes down how it was called and installs a redis-server. */
  putInstaller(tool: string): void {
    const server = join(this.bin, 'redis-server');
    this.put(
      tool,
      `echo "${tool} $*" >> ${this.bin}/calls\nprintf '#!/bin/sh\\necho Redis server v=7.0.15\\n' > ${server}\nchmod 755 ${server}`,
    );
  }

  calls(): string[] {
    return readFileSync(join(this.bin, 'calls'), 'utf8').trim().split('\n');
  }

  /** What ensureRedis answers, and what it prints. */
  ensureRedis(uid = 0): { fault: string | undefined; printed: string } {
    const code = `process.getuid = () => ${uid};
      const { ensureRedis } = await import(${JSON.stringify(script)});
      const fault = ensureRedis();
      process.stderr.write(JSON.stringify({ fault }));`;
    const args = ['--input-type=module', '-e', code];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { PATH: this.bin } });
    return { fault: JSON.parse(stderr.slice(stderr.lastIndexOf('{'))).fault, printed: stdout };
  }

  [Symbol.dispose](): void {
    rmSync(this.bin, { recursive: true });
  }
}

describe('setup --redis', () => {
  const machines: Machine[] = [];
  const makeMachine = () => {
    const machine = new Machine();
    machines.push(machine);
    return machine;
  };
  afterEach(() => {
    for (const machine of machines.splice(0)) machine[Symbol.dispose]();
  });

  it('does and says nothing when a redis-server that is new enough is there', () => {
    const machine = makeMachine();
    machine.put('redis-server', 'echo Redis server v=6.2.0 sha=0');
    machine.put('dnf', 'exit 1');
    expect(machine.ensureRedis()).toEqual({ fault: undefined, printed: '' });
  });

  it('leaves an old redis-server alone, and says what is needed', () => {
    const machine = makeMachine();
    machine.put('redis-server', 'echo Redis server v=6.0.16 sha=0');
    machine.putInstaller('dnf');
    expect(machine.ensureRedis().fault).toContain('6.2 or newer is needed, and the one on the PATH is 6.0.16');
  });

  it('installs with the package manager that is there, and says so', () => {
    const machine = makeMachine();
    machine.putInstaller('dnf');
    const { fault, printed } = machine.ensureRedis();
    expect(fault).toBeUndefined();
    expect(machine.calls()).toEqual(['dnf install -y redis']);
    expect(printed).toContain('installing redis-server with dnf');
    expect(printed).toContain('redis-server 7.0.15 is installed; no service of it was started');
  });

  it('goes through sudo when it is not root, and tells the command when sudo asks for a password', () => {
    const machine = makeMachine();
    machine.putInstaller('zypper');
    machine.put('sudo', 'exit 1');
    expect(machine.ensureRedis(1000).fault).toContain('run "sudo zypper --non-interactive install redis"');
    machine.put('sudo', 'shift\nexec "$@"');
    machine.put('true', 'exit 0');
    expect(machine.ensureRedis(1000).fault).toBeUndefined();
    expect(machine.calls()).toEqual(['zypper --non-interactive install redis']);
  });

  it('names what to install by hand when no package manager is known', () => {
    expect(makeMachine().ensureRedis().fault).toContain('no package manager that this knows is here');
  });

  it('says so when the package manager did not bring it', () => {
    const machine = makeMachine();
    machine.put('apk', 'exit 7');
    expect(machine.ensureRedis().fault).toContain('still missing after apk ended with 7');
  });
});
