import { describe, expect, it } from 'vitest';
import type { TaskContext } from '../../../delegate/core/handler.ts';
import { limits } from '../../../protocol/limits.ts';
import { type Params, type Result, taskTypes } from '../../../protocol/task-types.ts';
import { compileCheck } from '../../../protocol/validation.ts';
import { seedApiKey } from '../../../simulator/seed-clients.ts';
import { startSimulator } from '../../support/simulator.ts';
import { startLossyProxy } from './lossy-proxy.ts';
import { failureOf, openWorld, sendHtml, sendJson, startOddServer, successOf, type TaskWorld } from './task-world.ts';

const stagingTable = 'u_release_import';
const markedTable = 'u_marked_release_import';
const path = `/api/now/import/${stagingTable}`;
const longSettle = { settleMs: 60_000 };
const resultSchema = taskTypes['import-set.load'].result;
const again = { lookFirst: true, attempt: 2 };

type Rows = Params<'import-set.load'>['rows'];

const release = (key: string) => ({ u_key: key, u_title: `Release ${key}` });

function load(world: TaskWorld, rows: Rows, context: Partial<TaskContext> = {}, table = stagingTable) {
  return world.handlers['import-set.load']({ stagingTable: table, rows }, world.context(context));
}

function kindsOf({ rows }: Result<'import-set.load'>): string[] {
  return rows.map(({ kind }) => kind);
}

/** What was done all the same, of a task that failed. */
function partOf(ended: { readonly failure: { readonly partialResult?: unknown } }): Result<'import-set.load'> {
  return ended.failure.partialResult as Result<'import-set.load'>;
}

describe('rows with the same values', () => {
  it('are other rows to a first attempt, whatever was loaded before with another key', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    for (let run = 0; run < 2; run += 1) {
      const done = successOf(await load(world, [release('r1')], { lookFirst: true, attempt: 1 }));
      expect(kindsOf(done.result)).toEqual(['loaded']);
    }
    expect(await simulator.rows(stagingTable)).toHaveLength(2);
  });

  it('are not the same because they are the same number', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    successOf(await load(world, [release('1.1')]));
    const done = successOf(await load(world, [release('1.10')], again));
    expect(kindsOf(done.result)).toEqual(['loaded']);
  });
});

describe('loading an import set', () => {
  it('loads each row by itself and tells what each transform map made of it (trap 48)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const done = successOf(await load(world, [release('r1'), release('r2'), { ...release('r1'), u_title: 'again' }]));
    expect(done.sideEffect).toBe(true);
    expect(kindsOf(done.result)).toEqual(['loaded', 'loaded', 'loaded']);
    expect(done.result.rows.map(({ transforms }) => transforms[0]?.status)).toEqual([
      'inserted',
      'inserted',
      'updated',
    ]);
    const [gate] = await simulator.rows('u_release_gate');
    expect(done.result.rows[0]).toMatchObject({
      row: 1,
      importSet: 'ISET0010001',
      transforms: [
        { transformMap: 'Release gate', table: 'u_release_gate', displayValue: gate?.number, sysId: gate?.sys_id },
      ],
    });
    const { recent } = await simulator.requests();
    expect(recent.filter(({ method }) => method === 'POST').map((request) => request.path)).toEqual([path, path, path]);
  });

  it('links to the address of the base URL, whatever host the answer names (trap 59)', async () => {
    await using simulator = await startSimulator({ instanceUrl: 'https://elsewhere.example.com' });
    await using world = openWorld(simulator.url);
    const done = successOf(await load(world, [release('r1')]));
    expect(done.result.rows[0]?.transforms[0]?.link).toMatch(new RegExp(`^${simulator.url}/nav_to\\.do`));
  });

  it('sends numbers and booleans as texts', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    successOf(await load(world, [{ u_key: 7, u_title: true }]));
    expect((await simulator.rows(stagingTable))[0]).toMatchObject({ u_key: '7', u_title: 'true' });
  });

  it('fails for a row in error under 201, with the words of ServiceNow, after all others were tried (trap 47)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const ended = failureOf(await load(world, [{ u_key: 'r1' }, release('r2')]));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'import-row-failed', retry: 'never' } });
    expect(ended.failure.message).toBe(
      '1 of 2 rows failed or were not tried: row 1: transform map Release gate into u_release_gate: Mandatory field missing: u_title',
    );
    expect(kindsOf(partOf(ended))).toEqual(['failed', 'loaded']);
  });

  it('loads nothing when a row has a column that the staging table does not have, and names similar ones (trap 27)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const ended = failureOf(await load(world, [release('r1'), { ...release('r2'), u_release_title: 'x' }]));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'field-unknown' } });
    expect(ended.failure.message).toMatch(/no column "u_release_title" \(similar: .*u_title/);
    expect(await simulator.rows(stagingTable)).toEqual([]);
  });

  it('says that a table is no staging table', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const ended = failureOf(await load(world, [release('r1'), release('r2')], {}, 'u_nothing'));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-table-unknown' } });
    expect(ended.failure.remedy).toContain('sys_import_set_row');
    expect(kindsOf(partOf(ended))).toEqual(['failed', 'not-tried']);
  });

  it.each([
    { what: 'locked out', username: 'locked', code: 'servicenow-unauthenticated' },
    { what: 'without the role', username: 'itil_only', code: 'servicenow-forbidden' },
  ])('tries no further row when the user is $what', async ({ username, code }) => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const passwords: Record<string, string> = { locked: 'locked-password', itil_only: 'itil-password' };
    const authentication = { kind: 'basic', username, password: passwords[username] ?? '' } as const;
    const { target } = world.context();
    const ended = failureOf(
      await load(world, [release('r1'), release('r2')], { target: { ...target, authentication } }),
    );
    expect(ended.failure.code).toBe(code);
    expect((await simulator.requests()).recent.filter(({ method }) => method === 'POST').length).toBeLessThan(2);
  });

  it('begins no row when the lease is over', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    let asked = 0;
    const mayBegin = () => {
      asked += 1;
      return asked < 5;
    };
    const ended = failureOf(await load(world, [release('r1'), release('r2')], { mayBegin }));
    expect(ended.failure.code).toBe('lease-lost');
    expect(kindsOf(partOf(ended)).at(-1)).toBe('not-tried');
  });
});

describe('an import set that answers nothing (trap 47)', () => {
  it('is read from the staging table', async () => {
    await using simulator = await startSimulator({ importSetReply: 'empty-body' });
    await using world = openWorld(simulator.url);
    const done = successOf(await load(world, [release('r1'), release('r1')]));
    expect(done.result.rows).toMatchObject([
      { kind: 'loaded', importSet: 'ISET0010001', transforms: [{ status: 'inserted', table: 'u_release_gate' }] },
      { kind: 'loaded', importSet: 'ISET0010002', transforms: [{ status: 'ignored' }] },
    ]);
  });

  it('fails for a row in error there, with its comment', async () => {
    await using simulator = await startSimulator({ importSetReply: 'empty-body' });
    await using world = openWorld(simulator.url);
    const ended = failureOf(await load(world, [{ u_key: 'r1' }]));
    expect(ended.failure).toMatchObject({ code: 'import-row-failed' });
    expect(ended.failure.message).toContain('Mandatory field missing: u_title');
  });

  it('is no success when the staging table may not be read: it is said which right is missing', async () => {
    await using server = await startOddServer((request, response) => {
      if (request.method === 'POST') response.writeHead(201, { 'content-type': 'application/json' }).end();
      else sendJson(response, 403, { error: { message: 'Insufficient rights to query records', detail: null } });
    });
    await using world = openWorld(server.url);
    const ended = failureOf(await load(world, [release('r1'), release('r2')]));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'outcome-unknown' } });
    expect(ended.failure.remedy).toContain('import_transformer');
    expect(kindsOf(partOf(ended))).toEqual(['loaded', 'loaded']);
  });
});

describe('odd answers to an import', () => {
  const answering = (status: number, body: unknown) =>
    startOddServer((request, response) => {
      if (request.method === 'POST') sendJson(response, status, body);
      else sendJson(response, 403, { error: { message: 'no', detail: null } });
    });
  const told = (result: unknown) => ({ import_set: 'ISET1', staging_table: stagingTable, result });

  it('names the role for import sets when it is refused', async () => {
    await using server = await answering(403, { error: { message: 'Insufficient rights', detail: null } });
    await using world = openWorld(server.url);
    const { failure } = failureOf(await load(world, [release('r1')]));
    expect(failure.code).toBe('servicenow-forbidden');
    expect(failure.remedy).toContain('import_transformer or import_admin');
    expect(failure.remedy).not.toContain('itil');
  });

  it('fails when no transform map is defined', async () => {
    await using server = await answering(201, told([]));
    await using world = openWorld(server.url);
    const ended = failureOf(await load(world, [release('r1')]));
    expect(ended.failure).toMatchObject({ code: 'import-row-failed' });
    expect(ended.failure.remedy).toContain('Define a transform map');
  });

  it('warns of a status that a script made up', async () => {
    await using server = await answering(201, told([{ transform_map: 'M', table: 't', status: 'queued', sys_id: '' }]));
    await using world = openWorld(server.url);
    const done = successOf(await load(world, [release('r1')]));
    expect(done.result.rows[0]?.warnings.join()).toContain('the status queued, whose meaning is not known');
  });

  it.each([
    { what: 'no result', body: { import_set: 'ISET1' } },
    { what: 'a result that is no list', body: told({ status: 'inserted' }) },
    { what: 'an outcome that is none', body: told([null]) },
    { what: 'an outcome without a status', body: told([{ transform_map: 'M' }]) },
    { what: 'an error beside a result', body: { ...told([{ status: 'inserted' }]), error: { message: 'quota' } } },
  ])('never takes $what for a success', async ({ body }) => {
    await using server = await answering(201, body);
    await using world = openWorld(server.url);
    const ended = failureOf(await load(world, [release('r1')], { settleMs: 50 }));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'outcome-unknown' } });
  });

  it.each([
    { maps: 1, what: 'tells of each row what fits', transforms: 1 },
    { maps: 5, what: 'leaves out what the transform maps told', transforms: 0 },
  ])(
    '$what when $maps transform maps say 30 kB of each of 200 rows, so that the report fits into a frame',
    async ({ maps, transforms }) => {
      const said = '"\u4e16\u0001\ud800'.repeat(500);
      let posts = 0;
      await using server = await startOddServer((request, response) => {
        if (request.method === 'GET') {
          sendJson(response, 404, { error: { message: 'no', detail: null } });
          return;
        }
        posts += 1;
        const outcome = {
          transform_map: said,
          table: said,
          status: posts === 1 ? 'error' : said,
          display_name: said,
          display_value: said.repeat(15),
          sys_id: said,
          error_message: said,
          status_message: said,
        };
        sendJson(response, 201, { import_set: said, result: Array.from({ length: maps }, () => outcome) });
      });
      await using world = openWorld(server.url);
      const rows = Array.from({ length: 200 }, (_, index) => ({ u_key: `r${index}` }));
      const ended = failureOf(await load(world, rows));
      expect(posts).toBe(200);
      expect(ended.failure.code).toBe('import-row-failed');
      const frame = JSON.stringify({ ...ended, notes: Array.from({ length: 100 }, () => '\u4e16'.repeat(1_024)) });
      expect(Buffer.byteLength(frame)).toBeLessThan(limits.maxFrameBytes);
      const part = partOf(ended);
      expect(part.rows.map((row) => row.transforms.length)).toEqual(rows.map(() => transforms));
      expect(compileCheck(resultSchema)(part)).not.toHaveProperty('faults');
    },
  );

  it('reads an answer that is nested too deeply to be written again, since the row was loaded', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    await using server = await startOddServer((request, response) => {
      if (request.method === 'GET') sendJson(response, 404, { error: { message: 'no', detail: null } });
      else {
        const body = `{"result":[{"transform_map":"M","table":"incident","status":"inserted","more":${deep}}]}`;
        response.writeHead(201, { 'content-type': 'application/json' }).end(body);
      }
    });
    await using world = openWorld(server.url);
    const done = successOf(await load(world, [release('r1')]));
    expect(done.result.rows[0]).toMatchObject({ kind: 'loaded', transforms: [{ status: 'inserted' }] });
  });

  it('knows a page of a hibernating instance under 200 (trap 4)', async () => {
    await using server = await startOddServer((_, response) =>
      sendHtml(response, 200, '<html><body class="instance-hibernating-page">asleep</body></html>'),
    );
    await using world = openWorld(server.url);
    const ended = failureOf(await load(world, [release('r1'), release('r2')]));
    expect(ended.failure.code).toBe('servicenow-hibernating');
    expect(server.requests.filter(({ method }) => method === 'POST').length).toBeLessThan(2);
  });

  it('masks the password where ServiceNow repeats it', async () => {
    const message = 'cannot use integration-password';
    await using server = await answering(201, told([{ transform_map: 'M', status: 'error', error_message: message }]));
    await using world = openWorld(server.url);
    const ended = failureOf(await load(world, [release('r1')]));
    expect(JSON.stringify(ended)).not.toContain('integration-password');
  });
});

describe('a row whose answer is lost', () => {
  it.each(['commit-then-500', 'commit-then-reset', 'commit-then-hang'] as const)(
    'is found in the staging table after %s, with what came of it',
    async (mode) => {
      await using simulator = await startSimulator();
      await using world = openWorld(simulator.url, { answerTimeoutMs: 500 });
      await simulator.setFault({ mode, remaining: 1 });
      const done = successOf(await load(world, [release('r1'), release('r2')], longSettle));
      expect(kindsOf(done.result)).toEqual(['found', 'loaded']);
      expect(done.result.rows[0]).toMatchObject({
        importSet: 'ISET0010001',
        transforms: [{ transformMap: 'Release gate', table: 'u_release_gate', status: 'inserted' }],
      });
      expect(await simulator.rows(stagingTable)).toHaveLength(2);
    },
  );

  it('is a failure that may be repeated when it is surely not there', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode: 'server-error', remaining: 1, method: 'POST' });
    const ended = failureOf(await load(world, [release('r1'), release('r2')]));
    expect(ended.failure).toMatchObject({ code: 'servicenow-server-error', retry: 'same-delegate' });
    expect(kindsOf(partOf(ended))).toEqual(['failed', 'loaded']);
    const repeated = successOf(await load(world, [release('r1'), release('r2')], again));
    expect(kindsOf(repeated.result)).toEqual(['loaded', 'found']);
    expect(await simulator.rows(stagingTable)).toHaveLength(2);
  });

  it('is not taken for an identical row of the same task: the n-th needs n of them', async () => {
    await using simulator = await startSimulator();
    await using unsent = await startLossyProxy(simulator.url, (write) => (write === 2 ? 'unsent' : undefined));
    await using lost = await startLossyProxy(simulator.url, (write) => (write === 2 ? 'lost' : undefined));
    const alike = [release('r1'), release('r1'), release('r1')];
    await using first = openWorld(unsent.url);
    expect(kindsOf(partOf(failureOf(await load(first, alike))))).toEqual(['loaded', 'failed', 'loaded']);
    const repeated = successOf(await load(first, alike, again));
    expect(kindsOf(repeated.result)).toEqual(['found', 'found', 'loaded']);
    expect(await simulator.rows(stagingTable)).toHaveLength(3);
    const others = [release('r2'), release('r2'), release('r2')];
    await using second = openWorld(lost.url);
    expect(kindsOf(successOf(await load(second, others, longSettle)).result)).toEqual(['loaded', 'found', 'loaded']);
    expect(await simulator.rows(stagingTable)).toHaveLength(6);
  });

  it('is not taken for an identical row that another task loaded a moment before', async () => {
    await using simulator = await startSimulator();
    let isLosing = false;
    await using proxy = await startLossyProxy(simulator.url, () => (isLosing ? 'unsent' : undefined));
    await using world = openWorld(proxy.url);
    successOf(await load(world, [release('r1')], { correlationId: 'tg-other' }));
    isLosing = true;
    const ended = failureOf(await load(world, [release('r1')]));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-server-error' } });
    isLosing = false;
    expect(kindsOf(successOf(await load(world, [release('r1')])).result)).toEqual(['loaded']);
    expect(await simulator.rows(stagingTable)).toHaveLength(2);
  });

  it('is a failure with outcome unknown when it could not be read what was there before', async () => {
    await using simulator = await startSimulator();
    await using proxy = await startLossyProxy(simulator.url, () => 'lost');
    await using world = openWorld(proxy.url);
    await simulator.setFault({ mode: 'server-error', remaining: 1, path: `/api/now/table/${stagingTable}` });
    const ended = failureOf(await load(world, [release('r1')]));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'outcome-unknown' } });
    expect(await simulator.rows(stagingTable)).toHaveLength(1);
  });

  it('is found though the instance cut its texts', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode: 'commit-then-500', remaining: 1 });
    const long = { u_key: 'r1', u_title: 'x'.repeat(300) };
    expect(kindsOf(successOf(await load(world, [long], longSettle)).result)).toEqual(['found']);
  });

  it('is a failure when it is found in error', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode: 'commit-then-500', remaining: 1 });
    const ended = failureOf(await load(world, [{ u_key: 'r1' }], longSettle));
    expect(ended.failure.code).toBe('import-row-failed');
    expect(ended.failure.message).toContain('Mandatory field missing');
  });

  it('is a failure with outcome unknown when the staging table may not be read', async () => {
    await using simulator = await startSimulator({ unreadableFields: ['u_release_import.sys_created_by'] });
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode: 'commit-then-500', remaining: 1 });
    const ended = failureOf(await load(world, [release('r1')]));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'outcome-unknown' } });
    expect(await simulator.rows(stagingTable)).toHaveLength(1);
  });
});

describe('loading an import set when an earlier attempt may have', () => {
  it('finds its rows, with what came of them, and loads the others', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    successOf(await load(world, [release('r1')]));
    const done = successOf(await load(world, [release('r1'), release('r2')], again));
    expect(kindsOf(done.result)).toEqual(['found', 'loaded']);
    expect(done.result.rows[0]?.transforms).toMatchObject([{ status: 'inserted', table: 'u_release_gate' }]);
    expect(world.notes.at(-1)).toBe('looked for the rows of an earlier attempt first: 1 of 2 are there');
    expect(await simulator.rows(stagingTable)).toHaveLength(2);
  });

  it('changes nothing when all are there', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    successOf(await load(world, [release('r1')]));
    expect(successOf(await load(world, [release('r1')], again)).sideEffect).toBe(false);
  });

  it('does not take the rows of another user for its own', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    simulator.world.insert(stagingTable, { ...release('r1'), sys_import_state: 'inserted' }, 'somebody');
    expect(kindsOf(successOf(await load(world, [release('r1')], again)).result)).toEqual(['loaded']);
  });

  it('tells by a mark which identical row is its own, where the table has a column for it', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    successOf(await load(world, [release('r1'), release('r1')], {}, markedTable));
    const other = { correlationId: 'tg-other' };
    const marks = async () => (await simulator.rows(markedTable)).map(({ u_correlation_id }) => u_correlation_id);
    expect(await marks()).toEqual(['tg-0123456789abcdef.1', 'tg-0123456789abcdef.2']);
    expect(kindsOf(successOf(await load(world, [release('r1')], { ...again, ...other }, markedTable)).result)).toEqual([
      'loaded',
    ]);
    expect(kindsOf(successOf(await load(world, [release('r1')], again, markedTable)).result)).toEqual(['found']);
    expect(await marks()).toEqual(['tg-0123456789abcdef.1', 'tg-0123456789abcdef.2', 'tg-other.1']);
  });

  it('leaves the column for the mark alone when the caller fills it', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    successOf(await load(world, [{ ...release('r1'), u_correlation_id: 'mine' }], {}, markedTable));
    expect((await simulator.rows(markedTable))[0]?.u_correlation_id).toBe('mine');
  });

  it('goes by the values where the instance does not keep the mark', async () => {
    await using simulator = await startSimulator({ unwritableFields: [`${markedTable}.u_correlation_id`] });
    await using world = openWorld(simulator.url);
    successOf(await load(world, [release('r1')], {}, markedTable));
    expect(kindsOf(successOf(await load(world, [release('r1')], again, markedTable)).result)).toEqual(['found']);
    expect(await simulator.rows(markedTable)).toHaveLength(1);
  });

  it.each([
    { how: 'cuts', alter: (mark: string) => mark.slice(0, 10) },
    { how: 'changes the case of', alter: (mark: string) => mark.toUpperCase() },
  ])('loads no row twice where the instance $how the mark (trap 27)', async ({ alter }) => {
    const stored: Record<string, unknown>[] = [];
    await using server = await startOddServer((request, response, body) => {
      if (request.method === 'POST') {
        const sent = JSON.parse(body);
        stored.push({
          ...sent,
          u_correlation_id: alter(sent.u_correlation_id),
          sys_id: String(stored.length).padStart(32, '0'),
          sys_created_on: new Date().toISOString().slice(0, 19).replace('T', ' '),
          sys_created_by: 'integration',
          sys_import_state: 'inserted',
        });
        response.destroy();
        return;
      }
      response.setHeader('x-total-count', String(stored.length));
      const columns = { u_key: { max_length: 40 }, u_title: { max_length: 40 }, u_correlation_id: {} };
      sendJson(response, 200, { result: request.url?.includes('ui/meta') ? { columns } : stored });
    });
    await using world = openWorld(server.url);
    const first = successOf(await load(world, [release('r1'), release('r2')]));
    expect(kindsOf(first.result)).toEqual(['found', 'found']);
    const repeated = successOf(await load(world, [release('r1'), release('r2')], again));
    expect(kindsOf(repeated.result)).toEqual(['found', 'found']);
    expect(stored).toHaveLength(2);
  });

  it('says outcome unknown, and loads nothing, when some of its rows are hidden', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    successOf(await load(world, [release('r1'), release('r2')]));
    const [first, second] = await simulator.rows(stagingTable);
    simulator.world.changeSettings({ unreadableRecords: [second?.sys_id ?? ''] });
    const ended = failureOf(await load(world, [release('r1'), release('r2')], again));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'outcome-unknown' } });
    expect(kindsOf(partOf(ended))).toEqual(['found', 'failed']);
    simulator.world.changeSettings({ unreadableRecords: [first?.sys_id ?? '', second?.sys_id ?? ''] });
    expect(failureOf(await load(world, [release('r1')], again)).failure.code).toBe('outcome-unknown');
    expect(await simulator.rows(stagingTable)).toHaveLength(2);
  });

  it('says outcome unknown for a row that was taken and not transformed', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    simulator.world.insert(stagingTable, release('r1'), 'integration');
    const ended = failureOf(await load(world, [release('r1')], again));
    expect(ended.failure).toMatchObject({ code: 'outcome-unknown' });
    expect(await simulator.rows(stagingTable)).toHaveLength(1);
  });

  it('knows its rows by the user that the instance names, when the log-in has no user name', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { target } = world.context();
    const byKey = { target: { ...target, authentication: { kind: 'api-key', apiKey: seedApiKey.key } as const } };
    successOf(await load(world, [release('r1')], byKey));
    expect(kindsOf(successOf(await load(world, [release('r1')], { ...byKey, ...again })).result)).toEqual(['found']);
  });
});
