import { describe, expect, it } from 'vitest';
import { runChaos } from './chaos.ts';
import { type PlantedName, plantedNames } from './planted.ts';
import { describeRun, type Report } from './report.ts';

/** Six seeds in a row that kill Redis, a manager and a delegate, break links, and lose answers of ServiceNow. */
const runs = 6;
const seed = 26;
const timeoutMs = 180_000;

/** What must find each bug. */
const rules: Record<PlantedName, RegExp> = {
  'look-up-off': /^(one-ticket|ticket-as-told)$/,
  'parts-look-up-off': /^(one-row|one-note|row-as-told|note-as-told)$/,
  'fencing-off': /^(fencing|one-(ticket|row|note|outcome))$/,
  'rejection-late': /^gate-approved$/,
  'window-off': /^gate-approved$/,
  'noise-decides': /^gate-failed$/,
  'group-kept': /^gate-stuck$/,
  'old-reading': /^gate-(approved|rejected)$/,
};

async function run(planted?: PlantedName): Promise<{ report: Report; log: string }> {
  const told: string[] = [];
  const report = await runChaos({
    runs,
    seed,
    ...(planted === undefined ? {} : { planted, until: rules[planted] }),
    keepsGoing: false,
    onRun: (result) => told.push(describeRun(result)),
    ...(planted === undefined ? { onLogs: (directory: string) => told.push(`logs: ${directory}`) } : {}),
  });
  return { report, log: told.join('\n') };
}

describe('the system in a storm of faults', () => {
  it(
    'keeps every accepted task, creates every ticket, row and note once, and ends every gate as its ticket was',
    async () => {
      const { report, log } = await run();
      expect(report.violations, log).toEqual([]);
      expect(report.missed(), log).toEqual([]);
    },
    timeoutMs,
  );

  it.each(plantedNames)(
    'is seen to fail when a bug is planted: %s',
    async (planted) => {
      const { report, log } = await run(planted);
      expect(
        report.violations.map(({ rule }) => rule),
        log,
      ).toContainEqual(expect.stringMatching(rules[planted]));
    },
    timeoutMs,
  );
});
