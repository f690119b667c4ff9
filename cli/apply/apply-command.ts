import { option, UsageError } from '#runtime/options.ts';
import { UnreachableError } from '../api-errors.ts';
import { type ClientContext, type Command, clientCommand } from '../command.ts';
import { reportError } from '../error-text.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { readActual } from './actual.ts';
import { performStep, readSecretValues, type SecretValues } from './perform.ts';
import { makePlan, type Plan, type PlanRefusal, type Step } from './plan.ts';
import {
  describeItem,
  renderCount,
  renderDone,
  renderFailure,
  renderRefusals,
  renderRest,
  renderStep,
  type StepState,
} from './plan-text.ts';
import { readDeclarations } from './read-declarations.ts';
import { readSources } from './sources.ts';

const options = {
  file: option.list({
    help: 'YAML file, folder of such files, or - for standard input; may be given several times',
    placeholder: 'FILE',
  }),
  dryRun: option.flag({ help: 'show what would be done, and do nothing' }),
  updateSecrets: option.flag({ help: 'write the values of secrets that are there already, too' }),
  showUndeclared: option.flag({ help: 'list what is there and not declared; nothing is ever deleted' }),
  verbose: option.flag({ help: 'list what is unchanged, too' }),
};

export const applyCommand: Command = clientCommand({
  name: 'apply',
  summary: 'make secrets, connectors and tokens as YAML files declare them',
  options,
  flags: { file: '-f' },
  repeatable: ['file'],
  run: async ({ file, dryRun, updateSecrets, ...shown }, _args, context) => {
    const { api, io, output } = context;
    const read = readDeclarations(await readSources(file, io));
    if ('faults' in read)
      throw new UsageError(read.faults.join('\n'), { remedy: 'Correct what the faults name; nothing was changed.' });
    const actual = await readActual(api, read.declared, shown.showUndeclared);
    const plan = makePlan(read.declared, actual, { updateSecrets, now: Date.now() });
    say(output, [...plan.steps.flatMap(renderStep), ...renderRest(plan, shown)]);
    if (plan.refusals.length > 0) return refuse(output, plan, plan.refusals);
    if (plan.steps.length === 0 || dryRun) {
      const document = documentOf(plan, () => 'planned');
      const count = renderCount(plan, false);
      output.result(document, [plan.steps.length === 0 ? `✓ ${count}` : `${count}; nothing was done`]);
      return exitCodes.done.code;
    }
    const secrets = readSecretValues(plan, io.env);
    return 'refusals' in secrets ? refuse(output, plan, secrets.refusals) : perform(context, plan, secrets.values);
  },
});

function refuse(output: Output, plan: Plan, refusals: readonly PlanRefusal[]): number {
  for (const line of renderRefusals(refusals)) output.progress(line);
  output.result({ ...documentOf(plan, () => 'not-done'), refusals }, []);
  return exitCodes.failed.code;
}

/** Does the steps in their order, up to the first that fails. */
async function perform({ api, output }: ClientContext, plan: Plan, values: SecretValues): Promise<number> {
  const tokens = new Map<Step, string>();
  const done = new Set<Step>();
  for (const step of plan.steps) {
    if (step.kind === 'connector' && !step.skipValidation) output.progress(`… ${describeItem(step)} is being tested`);
    try {
      const token = await performStep(api, step, values);
      if (token !== undefined) tokens.set(step, token);
      done.add(step);
      say(output, renderDone(step, token));
    } catch (error) {
      const report = reportError(error);
      if (!report) throw error;
      const isUnknown = error instanceof UnreachableError && error.maybeSent;
      const failed = isUnknown ? 'unknown' : 'failed';
      const stateOf = (one: Step) => (done.has(one) ? 'done' : one === step ? failed : 'not-done');
      for (const line of renderFailure(plan, stateOf, report.lines)) output.progress(line);
      output.result({ ...documentOf(plan, stateOf, tokens), ...report.document }, []);
      return report.exitCode;
    }
  }
  const document = documentOf(plan, () => 'done', tokens);
  output.result(document, [`✓ ${renderCount(plan, true)}`]);
  return exitCodes.done.code;
}

/** The one document of --json: each step with its state, and the texts of the tokens that were made. */
function documentOf(plan: Plan, stateOf: (step: Step) => StepState, tokens: ReadonlyMap<Step, string> = new Map()) {
  const { steps, unchanged, undeclared, keptValues } = plan;
  return {
    steps: steps.map((step) => ({
      kind: step.kind,
      name: step.name,
      action: step.action,
      changes: step.changes,
      state: stateOf(step),
      ...(tokens.has(step) && { token: tokens.get(step) }),
    })),
    unchanged,
    undeclared,
    keptValues,
  };
}

/** For a person, at once: with --json all is in the one document at the end. */
function say(output: Output, lines: readonly string[]): void {
  if (!output.json) output.result(undefined, lines);
}
