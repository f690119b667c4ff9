import { benchDispatch } from './dispatch.ts';

const benches: Readonly<Record<string, () => Promise<void>>> = { dispatch: benchDispatch };

const [name = 'dispatch'] = process.argv.slice(2);
const bench = benches[name];
if (!bench) {
  process.stderr.write(`there is no bench "${name}"; there are: ${Object.keys(benches).join(', ')}\n`);
  process.exit(2);
}
await bench();
