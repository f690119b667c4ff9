import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { option, type Resolved } from '#runtime/options.ts';
import { type Command, type Context, localCommand } from './command.ts';
import { DemoSteps } from './demo-steps.ts';
import { tellStory } from './demo-story.ts';
import { DemoWorld } from './demo-world.ts';
import { exitCodes } from './exit-codes.ts';

const demoOptions = {
  keep: option.flag({ help: 'leave everything running until Ctrl-C' }),
  demoPassword: option.text({
    help: "password that is stored for the simulator's user; a wrong one shows how a failure looks",
    placeholder: 'TEXT',
    fallback: 'integration-password',
    secret: true,
  }),
};

export const demoCommand: Command = localCommand({
  name: 'demo',
  summary: 'the whole product on this machine: simulator, manager, three delegates, a gate that opens',
  options: demoOptions,
  flags: { demoPassword: '--password' },
  run: runDemo,
});

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function runDemo({ keep, demoPassword }: Resolved<typeof demoOptions>, { io, output }: Context): Promise<number> {
  const interrupted = Promise.withResolvers<'interrupted'>();
  const onSignal = () => interrupted.resolve('interrupted');
  for (const signal of signals) process.on(signal, onSignal);
  const directory = await mkdtemp(join(tmpdir(), 'ticketgate-demo-'));
  const steps = new DemoSteps(output);
  const world = new DemoWorld({ directory, env: io.env, openApi: io.openApi });
  try {
    const story = tellStory(world, steps, demoPassword);
    const end = await Promise.race([story, interrupted.promise]);
    if (end === 'interrupted') {
      output.progress('interrupted: ending what was started');
      steps.mute();
      // What it was waiting for ends with the programs.
      story.catch(() => {});
      return exitCodes.failed.code;
    }
    if (end === 'broken') return exitCodes.failed.code;
    if (!keep) return exitCodes.done.code;
    const { simulatorUrl, managerUrl, adminTokenFile } = world.addresses();
    output.result({ event: 'ready', url: managerUrl, simulatorUrl, adminTokenFile, directory }, [
      '',
      `running until Ctrl-C; logs and data are in ${directory}`,
      `  manager    ${managerUrl}`,
      `  ServiceNow ${simulatorUrl}/simulator/`,
      `  try        TICKETGATE_URL=${managerUrl} TICKETGATE_TOKEN=$(cat ${adminTokenFile}) ticketgate tasks`,
    ]);
    await interrupted.promise;
    output.progress('ending what was started');
    return exitCodes.done.code;
  } finally {
    await world.close();
    await rm(directory, { recursive: true, force: true });
    for (const signal of signals) process.off(signal, onSignal);
  }
}
