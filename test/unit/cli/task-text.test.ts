import { describe, expect, it } from 'vitest';
import { renderTable, renderTime } from '../../../cli/output.ts';
import { renderFindings } from '../../../cli/task-text.ts';
import { namesTicket, renderApprovers } from '../../../cli/ticket-text.ts';

describe('rendering', () => {
  it('marks findings, and gives the remedy of all that did not pass', () => {
    expect(
      renderFindings([
        { probe: 'reach', status: 'passed', message: 'reached', remedy: 'none' },
        { probe: 'roles', status: 'unknown', message: 'not known', remedy: 'look' },
        { probe: 'clock', status: 'warning', message: 'skewed', remedy: 'set it' },
        { probe: 'credentials', status: 'failed', message: 'refused', remedy: 'change them' },
      ]),
    ).toEqual([
      '✓ reach: reached',
      '? roles: not known',
      '    remedy: look',
      '! clock: skewed',
      '    remedy: set it',
      '✗ credentials: refused',
      '    remedy: change them',
    ]);
  });

  it('aligns columns, and writes times with their zone', () => {
    expect(
      renderTable(
        ['A', 'LONG'],
        [
          ['wide', 'x'],
          ['y', ''],
        ],
      ),
    ).toEqual(['A     LONG', 'wide  x', 'y']);
    expect(renderTime('2026-01-31T12:00:00.123Z')).toBe('2026-01-31 12:00:00 UTC');
    expect([renderTime(undefined), renderTime('soon')]).toEqual(['-', 'soon']);
  });

  it('tells a sys_id from a number, and an approver from a group', () => {
    expect(namesTicket('B'.repeat(32))).toEqual({ sysId: 'b'.repeat(32) });
    expect(namesTicket('CHG0030001')).toEqual({ number: 'CHG0030001' });
    const since = '2026-01-31 12:00:00';
    expect(renderApprovers([{ approver: '', group: 'CAB', state: 'requested', since }])).toBe(`CAB since ${since} UTC`);
  });
});
