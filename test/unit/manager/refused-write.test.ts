import { describe, expect, it } from 'vitest';
import { readRefusedWrite } from '../../../manager/redis/refused-write.ts';

describe('an error of Redis', () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'memory-full'],
    ["READONLY You can't write against a read only replica.", 'replica'],
    ['MISCONF Redis is configured to save RDB snapshots, but it is unable to persist to disk.', 'disk-failing'],
    ['NOREPLICAS Not enough good replicas to write.', 'replicas-missing'],
    ['ERR Error running script (call to f_1): @user_script:7: -OOM command not allowed', 'memory-full'],
    ["ERR Error running script: @user_script: 7: READONLY You can't write", 'replica'],
    ['ERR unknown command: no ROOM here', undefined],
    ['WRONGTYPE Operation against a key', undefined],
  ])('%j is of a refused write: %s', (message, reason) => {
    expect(readRefusedWrite(new Error(message))).toBe(reason);
    expect(readRefusedWrite(message)).toBeUndefined();
  });
});
