import Type from 'typebox';
import { readMemory } from './demo-checks.ts';
import type { DemoSteps } from './demo-steps.ts';
import { readInstance, type TestFigures } from './demo-tickets.ts';
import type { DemoWorld } from './demo-world.ts';

const Requests = Type.Object({ total: Type.Integer(), byMethod: Type.Record(Type.String(), Type.Integer()) });

/** Shows what the demo measured. */
export async function showFigures(
  world: DemoWorld,
  steps: DemoSteps,
  { test, totalMs }: { test: TestFigures; totalMs: number },
): Promise<void> {
  const { managerUrl, simulatorUrl } = world.addresses();
  const requests = await readInstance(`${simulatorUrl}/simulator/requests`, Requests);
  const memory = await readMemory(world.programs);
  const methods = Object.entries(requests.byMethod).map(([method, count]) => `${count} ${method}`);
  const resident = memory.map(({ name, megabytes }) => `${name} ${megabytes} MB`);
  steps.figures({ ok: true, test, requests, memory, totalMs: Math.round(totalMs), url: managerUrl }, [
    'Every step held.',
    `  connection test          ${test.taskMs} ms from submission to outcome, ${test.callMs} ms for the caller`,
    `  requests to ServiceNow   ${requests.total} (${methods.join(', ')})`,
    `  memory                   ${resident.join(', ') || 'not known: ps does not tell it here'}`,
    `  the whole demo           ${(totalMs / 1000).toFixed(1)} s`,
    `  manager                  ${managerUrl}`,
  ]);
}
