import { type Figure, type Goal, judge } from './figure.ts';

const headings = ['figure', 'ours', 'baseline', 'compared', '(rounds)', 'goal', 'reached'];

/** Writes figures as a table for people. */
export function formatTable(figures: readonly Figure[]): string {
  const rows = [headings, ...figures.map(formatRow)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const [heading = '', ...rest] = lines;
  return [heading, '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)), ...rest, ''].join('\n');
}

/** The same as data, with the value of every round. */
export function toData(figures: readonly Figure[]): unknown[] {
  return figures.map((figure) => ({ ...figure, judgement: judge(figure) }));
}

function formatRow(figure: Figure): string[] {
  const { name, unit, baseline, judged, goal } = figure;
  const judgement = judge(figure);
  const { compared, least, most, reached = '' } = judgement;
  const range = figure.ours.length > 1 ? `(${formatNumber(least)}–${formatNumber(most)})` : '';
  return [
    name,
    `${formatNumber(judgement.ours)} ${unit}`.trimEnd(),
    baseline === undefined ? '' : `${formatNumber(judgement.baseline ?? Number.NaN)} ${baseline.name}`,
    judged === 'difference' && compared >= 0 ? `+${formatNumber(compared)}` : formatNumber(compared),
    range,
    goal === undefined ? '' : formatGoal(goal),
    reached,
  ];
}

function formatGoal({ bound, reach, stretch }: Goal): string {
  const sign = bound === 'at-least' ? '≥' : '≤';
  return stretch === undefined ? `${sign} ${reach}` : `${sign} ${reach}, stretch ${Number(stretch.toPrecision(2))}`;
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '?';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
