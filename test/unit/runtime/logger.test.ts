import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { loggerOptions } from '../../../runtime/logger.ts';

describe('a line of the log about an error', () => {
  it('names the command that Redis refused, and none of its arguments', () => {
    const lines: string[] = [];
    const logger = pino(loggerOptions('info', {}), { write: (line: string) => lines.push(line) });
    const error = Object.assign(new Error('WRONGPASS'), {
      command: { name: 'hello', args: ['3', 'AUTH', 'default', 's3cr3t'] },
    });
    logger.warn({ err: error }, 'redis connection error');
    const [line = '{}'] = lines;
    expect(JSON.parse(line)).toMatchObject({ err: { message: 'WRONGPASS', command: 'hello' } });
    expect(line).not.toContain('s3cr3t');
  });
});
